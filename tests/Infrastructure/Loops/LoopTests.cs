using Microsoft.Extensions.Logging.Abstractions;
using Veza.Infrastructure.Loops;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Loops;

/// <summary>A loop outlives whatever its work throws, counts it, and ends with its token alone.</summary>
public sealed class LoopTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(1);
    private readonly string task = Guid.CreateVersion7().ToString();

    [Fact]
    public async Task Whatever_is_thrown_the_next_round_comes()
    {
        using var stop = new CancellationTokenSource();
        var thrown = new Queue<Exception>([
            new TimeoutException(),
            new InvalidCastException(),
            new OperationCanceledException("not ours"),
            new AggregateException(new FormatException()),
        ]);
        await Loop.Run(
                task,
                NullLogger.Instance,
                async _ =>
                {
                    await Task.Yield();
                    if (thrown.TryDequeue(out var e))
                        throw e;
                    await stop.CancelAsync();
                },
                Short,
                TimeProvider.System,
                stop.Token
            )
            .WaitAsync(Eventually.DeadlineMax);
        Assert.Equal((0, 4), (thrown.Count, TaskFailures.Of(task)));
        Assert.Contains(KeyValuePair.Create(task, 4L), TaskFailures.All());
    }

    [Fact]
    public async Task Every_tick_is_a_round_also_after_one_that_failed()
    {
        using var stop = new CancellationTokenSource();
        var rounds = 0;
        await Loop.Every(
                Short,
                task,
                NullLogger.Instance,
                async _ =>
                {
                    if (++rounds == 3)
                        await stop.CancelAsync();
                    throw new InvalidOperationException();
                },
                TimeProvider.System,
                stop.Token,
                atOnce: true
            )
            .WaitAsync(Eventually.DeadlineMax);
        Assert.Equal((3, 3), (rounds, TaskFailures.Of(task)));
    }

    [Fact]
    public async Task What_is_to_be_done_once_is_tried_until_it_is_done()
    {
        var tries = 0;
        await Loop.UntilDone(
                task,
                NullLogger.Instance,
                _ => ++tries < 3 ? throw new InvalidOperationException() : Task.CompletedTask,
                Short,
                TimeProvider.System,
                CancellationToken.None
            )
            .WaitAsync(Eventually.DeadlineMax);
        Assert.Equal((3, 2), (tries, TaskFailures.Of(task)));
    }

    [Fact]
    public async Task Who_is_stopped_has_not_failed()
    {
        using var stop = new CancellationTokenSource();
        var begun = new TaskCompletionSource();
        var loop = Loop.Run(
            task,
            NullLogger.Instance,
            ct =>
            {
                begun.TrySetResult();
                return Task.Delay(Timeout.InfiniteTimeSpan, ct);
            },
            TimeSpan.FromDays(1),
            TimeProvider.System,
            stop.Token
        );
        await begun.Task;
        await stop.CancelAsync();
        await loop.WaitAsync(Eventually.DeadlineMax);
        Assert.False(await Loop.Attempt(task, NullLogger.Instance, ct => Task.FromCanceled(ct), stop.Token));
        Assert.Equal(0, TaskFailures.Of(task));
    }
}

using System.Collections.Concurrent;
using Veza.Infrastructure.Batching;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Batching;

/// <summary>What comes while a batch is under way, and where it waits.</summary>
public sealed class GatheringTests
{
    private static readonly Guid Here = Guid.CreateVersion7(),
        There = Guid.CreateVersion7();
    private readonly ConcurrentQueue<string> batches = new();
    private readonly TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task Work(Guid key, int[] batch)
    {
        batches.Enqueue($"{(key == Here ? "here" : "there")} {string.Join(' ', batch)}");
        if (key == Here)
            await gate.Task;
    }

    private Task Done(int count) => Eventually.True($"{count} batches", () => Task.FromResult(batches.Count == count));

    [Fact]
    public async Task Who_is_alone_waits_for_nobody_and_what_comes_meanwhile_is_the_next_batch()
    {
        var gathering = new Gathering<int>(batchMax: 3, waitingMax: 100, Work);
        for (var i = 1; i <= 6; i++)
            Assert.True(gathering.Add(Here, i));
        Assert.Equal(["here 1"], batches);
        gate.SetResult();
        await Done(3);
        Assert.Equal(["here 1", "here 2 3 4", "here 5 6"], batches);
        Assert.True(gathering.Add(Here, 7));
        await Done(4);
    }

    [Fact]
    public void One_key_does_not_wait_for_another()
    {
        var gathering = new Gathering<int>(batchMax: 3, waitingMax: 100, Work);
        Assert.True(gathering.Add(Here, 1));
        Assert.True(gathering.Add(There, 2));
        Assert.Equal(["here 1", "there 2"], batches);
    }

    [Fact]
    public async Task A_batch_that_throws_does_not_hold_up_those_who_come_after()
    {
        var done = new ConcurrentQueue<int>();
        var gathering = new Gathering<int>(
            batchMax: 1,
            waitingMax: 100,
            async (_, batch) =>
            {
                if (batch[0] == 1)
                    await gate.Task;
                if (batch[0] < 3)
                    throw new InvalidOperationException();
                done.Enqueue(batch[0]);
            }
        );
        for (var i = 1; i <= 3; i++)
            Assert.True(gathering.Add(Here, i));
        gate.SetResult();
        await Eventually.True("the third is done", () => Task.FromResult(done.Contains(3)));
    }

    [Fact]
    public async Task Too_many_are_refused_and_who_waits_can_be_sent_away()
    {
        var gathering = new Gathering<int>(batchMax: 3, waitingMax: 2, Work);
        Assert.Equal([true, true, true, false], Enumerable.Range(1, 4).Select(i => gathering.Add(Here, i)).ToArray());
        Assert.Equal([2, 3], gathering.TakeWaiting(Here));
        Assert.Empty(gathering.TakeWaiting(There));
        Assert.True(gathering.Add(Here, 5));
        gate.SetResult();
        await Done(2);
        Assert.Equal(["here 1", "here 5"], batches);
    }
}

using Npgsql;
using StackExchange.Redis;

namespace Veza.Infrastructure.Loops;

/// <summary>
/// What a process does again and again. One failure is that of one task in one round: it is told and counted
/// (<see cref="TaskFailures"/>), and neither another task nor the next round knows of it. A loop ends with its token,
/// and in no other way.
/// </summary>
internal static partial class Loop
{
    /// <summary>One round after the other: the work waits for what there is to do. After a failure it rests.</summary>
    internal static async Task Run(
        string task,
        ILogger log,
        Func<CancellationToken, Task> work,
        TimeSpan restAfterFailure,
        TimeProvider clock,
        CancellationToken ct
    )
    {
        while (!ct.IsCancellationRequested)
            if (!await Attempt(task, log, work, ct))
                await Rest(restAfterFailure, clock, ct);
    }

    /// <summary>A round with each tick, and with <paramref name="atOnce"/> one before the first.</summary>
    internal static async Task Every(
        TimeSpan period,
        string task,
        ILogger log,
        Func<CancellationToken, Task> work,
        TimeProvider clock,
        CancellationToken ct,
        bool atOnce = false
    )
    {
        using var timer = new PeriodicTimer(period, clock);
        if (atOnce)
            await Attempt(task, log, work, ct);
        while (await Ticks(timer, ct))
            await Attempt(task, log, work, ct);
    }

    /// <summary>Tries until it is done once.</summary>
    internal static async Task UntilDone(
        string task,
        ILogger log,
        Func<CancellationToken, Task> work,
        TimeSpan restAfterFailure,
        TimeProvider clock,
        CancellationToken ct
    )
    {
        while (!ct.IsCancellationRequested && !await Attempt(task, log, work, ct))
            await Rest(restAfterFailure, clock, ct);
    }

    /// <summary>One of several tasks of a round. False when it failed, or was stopped.</summary>
    internal static async Task<bool> Attempt(
        string task,
        ILogger log,
        Func<CancellationToken, Task> work,
        CancellationToken ct
    )
    {
        try
        {
            await work(ct);
            return true;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception e)
        {
            Failed(task, log, e);
            return false;
        }
    }

    /// <summary>For who catches by themselves. Servers that are away are no fault of ours and need no stack.</summary>
    internal static void Failed(string task, ILogger log, Exception e)
    {
        var times = TaskFailures.Count(task);
        if (e is NpgsqlException or TimeoutException or RedisException)
            LogPutOff(log, task, times, e.Message);
        else
            LogFailed(log, e, task, times);
    }

    private static async Task<bool> Ticks(PeriodicTimer timer, CancellationToken ct)
    {
        try
        {
            return await timer.WaitForNextTickAsync(ct);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static async Task Rest(TimeSpan rest, TimeProvider clock, CancellationToken ct)
    {
        try
        {
            await Task.Delay(rest, clock, ct);
        }
        catch (OperationCanceledException)
        {
            // The loop ends.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Task} is put off, {Times} times by now: {Reason}")]
    private static partial void LogPutOff(ILogger log, string task, long times, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Task} failed, {Times} times by now, and goes on")]
    private static partial void LogFailed(ILogger log, Exception error, string task, long times);
}

using System.Collections.Concurrent;
using System.Data;
using System.Diagnostics;
using Npgsql;

namespace Veza.Infrastructure.Postgres;

/// <summary>
/// One path of calls holds one pooled connection at most, and none while it waits for anything but PostgreSQL: else as
/// many at once as the pool is large wait for each other. Where it is watched (a setting, for tests) it is known what
/// the present path holds, and each violation is told with its stack.
/// </summary>
internal static class HeldConnections
{
    /// <summary>Stands in every line that tells of a violation.</summary>
    internal const string Mark = "Veza.HeldConnections";

    private const int FramesMax = 40;
    private static readonly AsyncLocal<Held?> Present = new();
    private static readonly ConcurrentDictionary<string, bool> Told = new();

    /// <summary>
    /// A connection from the moment it is asked for. Whoever calls must not be asynchronous: what an asynchronous
    /// method sets is undone when it returns, so the caller's own method, and what it calls, are the path.
    /// </summary>
    internal static ValueTask<NpgsqlConnection> Take(
        NpgsqlDataSource pool,
        Action<string> violated,
        CancellationToken ct
    )
    {
        MustBeNone("another connection");
        var held = new Held(violated);
        Present.Value = held;
        return held.Opened(pool.OpenConnectionAsync(ct));
    }

    /// <summary>
    /// Said by everything that may take long and is not PostgreSQL, before it begins: a store, another server, a tool,
    /// a wait for a turn.
    /// </summary>
    internal static void MustBeNone(string before)
    {
        if (Present.Value is { IsInForce: true } held)
            held.Violated(before);
    }

    /// <summary>
    /// Begins work that goes on beside the present path, which does not wait for it: it holds nothing of what that
    /// holds.
    /// </summary>
    internal static Task Beside(Func<Task> work)
    {
        var before = Present.Value;
        if (before is null)
            return work();
        Present.Value = null;
        try
        {
            return work();
        }
        finally
        {
            Present.Value = before;
        }
    }

    /// <summary>At once and on this thread: also a process that is killed in the next moment has said it.</summary>
    internal static void Shout(string violation) => Console.Error.WriteLine($"fail: {violation}");

    private sealed class Held(Action<string> violated)
    {
        private readonly StackTrace taken = new(fNeedFileInfo: false);
        private volatile NpgsqlConnection? connection;
        private volatile bool isOver;

        /// <summary>A broken connection is closed, and the pool's again.</summary>
        internal bool IsInForce => !isOver && connection is not { State: ConnectionState.Closed };

        internal async ValueTask<NpgsqlConnection> Opened(ValueTask<NpgsqlConnection> opening)
        {
            try
            {
                var opened = await opening;
                connection = opened;
                return opened;
            }
            catch
            {
                isOver = true;
                throw;
            }
        }

        internal void Violated(string before)
        {
            var told =
                $"{Mark}: {before} is waited for while a connection is held. Now: "
                + $"{Text(new StackTrace(fNeedFileInfo: false))} -- The connection was taken: {Text(taken)}";
            if (Told.TryAdd(told, true))
                violated(told);
        }

        /// <summary>In one line, so that no other line comes between.</summary>
        private static string Text(StackTrace stack) =>
            string.Join(
                " < ",
                stack
                    .ToString()
                    .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                    .Where(line => line.Contains("Veza", StringComparison.Ordinal))
                    .Take(FramesMax)
            );
    }
}

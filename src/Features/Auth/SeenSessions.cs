using Dapper;
using Veza.Infrastructure.Loops;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth;

/// <summary>
/// Writes down, some at a time, which sessions were seen alive and with which rotation. What a full queue drops errs to
/// the safe side: an answer is then taken for lost that had arrived.
/// </summary>
internal sealed class SeenSessions(
    AccessTokens tokens,
    PostgresSource postgres,
    TimeProvider clock,
    ILogger<SeenSessions> log
) : BackgroundService
{
    private const int BatchMax = 500;
    private static readonly TimeSpan GatherFor = TimeSpan.FromMilliseconds(250);

    protected override Task ExecuteAsync(CancellationToken stopping) =>
        Loop.Run("Writing down seen sessions", log, WriteNext, GatherFor, clock, stopping);

    /// <summary>What cannot be written is dropped.</summary>
    private async Task WriteNext(CancellationToken stopping)
    {
        await tokens.FirstMet.WaitToReadAsync(stopping);
        await Task.Delay(GatherFor, clock, stopping);
        var batch = new Dictionary<Guid, int>(BatchMax);
        while (batch.Count < BatchMax && tokens.FirstMet.TryRead(out var caller))
            batch[caller.SessionId] = Math.Max(caller.Rotation, batch.GetValueOrDefault(caller.SessionId));
        await Write([.. batch.Keys], [.. batch.Values], stopping);
    }

    private async Task Write(Guid[] ids, int[] rotations, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await db.ExecuteAsync(
            """
            with alive as (
              -- In the order in which everybody locks sessions.
              select id from session where id = any(@ids) order by id for no key update
            )
            update session set seen_rotation = greatest(seen_rotation, met.rotation), last_seen_at = now()
              from unnest(@ids, @rotations) as met (id, rotation) join alive on alive.id = met.id
             where session.id = met.id
            """,
            new { ids = new PgValue<Guid[]>(ids), rotations = new PgValue<int[]>(rotations) }
        );
    }
}

using Dapper;
using Npgsql;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth;

/// <summary>
/// Writes down, some at a time, which sessions were seen alive and with which rotation. What a full queue drops errs to the safe side: an answer is
/// then taken for lost that had arrived.
/// </summary>
internal sealed partial class SeenSessions(AccessTokens tokens, PostgresSource postgres, ILogger<SeenSessions> log) : BackgroundService
{
    private const int BatchMax = 500;
    private static readonly TimeSpan GatherFor = TimeSpan.FromMilliseconds(250);

    protected override async Task ExecuteAsync(CancellationToken stopping)
    {
        var batch = new Dictionary<Guid, int>(BatchMax);
        while (await tokens.FirstMet.WaitToReadAsync(stopping))
        {
            await Task.Delay(GatherFor, stopping);
            batch.Clear();
            while (batch.Count < BatchMax && tokens.FirstMet.TryRead(out var caller))
                batch[caller.SessionId] = Math.Max(caller.Rotation, batch.GetValueOrDefault(caller.SessionId));
            try
            {
                await Write([.. batch.Keys], [.. batch.Values], stopping);
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException)
            {
                LogDropped(batch.Count, e.Message);
            }
        }
    }

    private async Task Write(Guid[] ids, int[] rotations, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await db.ExecuteAsync("""
            with alive as (
              -- In the order in which everybody locks sessions.
              select id from session where id = any(@ids) order by id for no key update
            )
            update session set seen_rotation = greatest(seen_rotation, met.rotation), last_seen_at = now()
              from unnest(@ids, @rotations) as met (id, rotation) join alive on alive.id = met.id
             where session.id = met.id
            """, new { ids = new PgValue<Guid[]>(ids), rotations = new PgValue<int[]>(rotations) });
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} sessions were seen and not written down: {Reason}")]
    private partial void LogDropped(int count, string reason);
}

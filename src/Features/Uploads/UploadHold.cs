using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Loops;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Uploads;

/// <summary>
/// The sole right to write to an upload, for as long as a request lives: a lease that is kept alive, and lost when its
/// process dies. What is kept under it is acknowledged: the bytes were durable before their offset was written.
/// </summary>
[HotRead]
internal sealed class UploadHold : IAsyncDisposable
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(12),
        Beat = TimeSpan.FromSeconds(3);
    private readonly PostgresSource postgres;
    private readonly TimeProvider clock;
    private readonly TimeSpan expire;
    private readonly CancellationTokenSource stopped = new(),
        lost = new();
    private readonly Task beating;

    private UploadHold(PostgresSource postgres, TimeProvider clock, TimeSpan expire, UploadRow row)
    {
        (this.postgres, this.clock, this.expire, Row) = (postgres, clock, expire, row);
        beating = KeepAlive();
    }

    internal UploadRow Row { get; private set; }

    /// <summary>Cancelled when the lease cannot be kept: somebody else may be writing.</summary>
    internal CancellationToken Lost => lost.Token;

    /// <summary>Set when the upload is over: there is nothing left to release.</summary>
    internal bool IsOver { get; set; }

    /// <summary>
    /// One statement decides whether the upload is there, the account's own, open, at this offset and nobody else's at
    /// the moment. Without an offset any will do.
    /// </summary>
    internal static async Task<(UploadHold? Hold, Error? Error)> Take(
        PostgresSource postgres,
        TimeProvider clock,
        Guid id,
        Guid accountId,
        long? offsetBytes,
        TimeSpan expire,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var row = await db.QuerySingleOrDefaultAsync<UploadRow>(
            $"""
            update upload set fence = fence + 1, held_until = now() + @lease, expires_at = now() + @expire
             where id = @id and account_id = @accountId and kind in ('whole', 'partial') and status = 'open'
               and expires_at > now() and held_until < now()
               and (@offset < 0 or offset_bytes = @offset)
            returning {UploadRow.Columns}
            """,
            new
            {
                id,
                accountId,
                offset = offsetBytes ?? -1,
                lease = Lease,
                expire,
            }
        );
        return row is null
            ? (null, UploadRow.Refusal(await UploadRow.Find(db, id, accountId), offsetBytes))
            : (new UploadHold(postgres, clock, expire, row), null);
    }

    /// <summary>
    /// Writes down how far the upload is, with what the store and the hash need to go on from there; false when the
    /// hold is lost.
    /// </summary>
    internal async Task<bool> Keep(ObjectDraft draft, byte[]? sha256State, byte[] head)
    {
        await using var db = await postgres.OpenConnectionAsync(CancellationToken.None);
        var kept = await db.ExecuteAsync(
            """
            update upload set offset_bytes = @SizeBytes, draft = @State, sha256_state = @hash, head = @head,
              held_until = now() + @lease, expires_at = now() + @expire
             where id = @Id and fence = @Fence and status = 'open'
            """,
            new
            {
                draft.SizeBytes,
                draft.State,
                hash = new PgValue<byte[]>(sha256State!),
                head = new PgValue<byte[]>(head),
                lease = Lease,
                expire,
                Row.Id,
                Row.Fence,
            }
        );
        if (kept != 1)
            return false;
        Row = Row with
        {
            OffsetBytes = draft.SizeBytes,
            Draft = draft.State,
            Sha256State = sha256State,
            Head = head,
            ExpiresAt = clock.GetUtcNow().UtcDateTime + expire,
        };
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        await stopped.CancelAsync();
        await beating;
        stopped.Dispose();
        lost.Dispose();
        if (IsOver)
            return;
        try
        {
            await using var db = await postgres.OpenConnectionAsync(CancellationToken.None);
            await db.ExecuteAsync(
                "update upload set held_until = to_timestamp(0) where id = @Id and fence = @Fence",
                new { Row.Id, Row.Fence }
            );
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            // It runs out by itself.
        }
    }

    private async Task KeepAlive()
    {
        using var timer = new PeriodicTimer(Beat, clock);
        var heldAt = clock.GetTimestamp();
        try
        {
            while (await timer.WaitForNextTickAsync(stopped.Token))
            {
                try
                {
                    await using var db = await postgres.OpenConnectionAsync(stopped.Token);
                    var held = await db.ExecuteAsync(
                        """
                        update upload set held_until = now() + @lease, expires_at = now() + @expire where id = @Id
                          and fence = @Fence and status = 'open'
                        """,
                        new
                        {
                            Row.Id,
                            Row.Fence,
                            lease = Lease,
                            expire,
                        }
                    );
                    if (held != 1)
                        break;
                    heldAt = clock.GetTimestamp();
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    TaskFailures.Count("Keeping the hold of an upload");
                    if (clock.GetElapsedTime(heldAt) > Lease - Beat)
                        break;
                }
            }

            await lost.CancelAsync();
        }
        catch (OperationCanceledException) when (stopped.IsCancellationRequested)
        {
            // Disposed.
        }
    }
}

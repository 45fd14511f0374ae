using Dapper;
using Veza.Features.Tracks.Revisions;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Tracks.Processing;

/// <summary>
/// Ends the processing of the caller's own new track. The encoder stops within moments and nothing of the file stays in
/// storage; the track stays, failed, until it is deleted.
/// </summary>
internal sealed class CancelProcessing(PostgresSource postgres, StorageClaims claims)
    : Slice<CancelProcessing.Request, Nothing>
{
    internal sealed record Request(Guid Id);

    internal sealed record Cancelled(string StoragePrefix, string OriginalName);

    public override void Configure()
    {
        Delete("/tracks/{id}/processing");
        Group<TracksGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .Described(
                    "Cancel a track's processing",
                    Nothing.Value,
                    errors: [TracksReads.TrackNotFound, TracksErrors.TrackNotProcessing]
                )
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        string prefix;
        await using (var db = await postgres.OpenConnectionAsync(ct))
        {
            await using var transaction = await db.BeginTransactionAsync(ct);
            // A revision that plays is never taken away: only a track that was not ready yet has nothing to lose.
            var cancelled = await db.QuerySingleOrDefaultAsync<Cancelled>(
                """
                update track set status = 'failed', failure_code = 'PROCESSING_CANCELLED',
                  failure_message = 'You ended its processing. Delete it, or upload the file again.', updated_at = now()
                 where id = @id and account_id = @UserId and status in ('queued', 'processing') and revision = 0
                returning storage_prefix, original_name
                """,
                new { id, Caller.UserId },
                transaction
            );
            if (cancelled is null)
            {
                var exists = await db.ExecuteScalarAsync<bool>(
                    "select exists (select 1 from track where id = @id and account_id = @UserId)",
                    new { id, Caller.UserId },
                    transaction
                );
                return exists ? TracksErrors.TrackNotProcessing : TracksReads.TrackNotFound;
            }

            await JobQueue.Cancel(db, transaction, TracksModule.Transcode, id);
            // Its original alone: a cover, or another audio that is sent for it later, stands under the track's prefix
            // too.
            prefix = TrackRevisions.OriginalPrefix(cancelled.StoragePrefix, cancelled.OriginalName);
            await StorageClaims.Forsake(db, transaction, prefix);
            await transaction.CommitAsync(CancellationToken.None);
        }

        await claims.SweepNow(prefix);
        return Answer<Nothing>.Of(Nothing.Value, "The processing has ended");
    }
}

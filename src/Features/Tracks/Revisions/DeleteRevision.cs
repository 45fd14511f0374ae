using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Tracks.Revisions;

/// <summary>
/// Deletes an audio of the caller's own track that is not heard, with its original and all that was made of it. One
/// that is still being made is cancelled so.
/// </summary>
internal sealed class DeleteRevision(PostgresSource postgres, StorageClaims claims)
    : Slice<DeleteRevision.Request, Nothing>
{
    internal sealed record Request(Guid Id, int Number);

    public override void Configure()
    {
        Delete("/tracks/{id}/revisions/{number}");
        Group<TracksGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .Described(
                    "Delete a track's revision",
                    Nothing.Value,
                    errors: [TracksReads.TrackNotFound, TracksErrors.RevisionNotFound, TracksErrors.RevisionInUse]
                )
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        var number = request.Number;
        string[] prefixes;
        await using (var db = await postgres.OpenConnectionAsync(ct))
        {
            await using var transaction = await db.BeginTransactionAsync(ct);
            var current = await db.ExecuteScalarAsync<int?>(
                "select audio_number from track where id = @id and account_id = @UserId for no key update",
                new { id, Caller.UserId },
                transaction
            );
            if (current is null)
                return TracksReads.TrackNotFound;
            if (current == number)
                return TracksErrors.RevisionInUse;
            var gone = await db.QuerySingleOrDefaultAsync<TrackRevisions.Gone>(
                """
                delete from track_revision r using track t where r.track_id = @id and r.number = @number
                  and t.id = r.track_id
                returning t.storage_prefix, r.original_name, r.revision, r.state
                """,
                new { id, number },
                transaction
            );
            if (gone is null)
                return TracksErrors.RevisionNotFound;
            // An encoder at work on it stops within moments.
            if (gone.State is "queued" or "processing")
                await JobQueue.Cancel(db, transaction, TracksModule.Transcode, id);
            await KnownRecordings.ForgetGone(db, transaction, id);
            prefixes = await TrackRevisions.Forsake(db, transaction, gone);
            await transaction.CommitAsync(CancellationToken.None);
        }

        await claims.SweepNow(prefixes);
        return Answer<Nothing>.Of(Nothing.Value, $"Revision {number} is deleted");
    }
}

using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Tracks;

/// <summary>
/// Deletes the caller's own track and everything that was stored of it, its likes and comments too. Stream URLs already
/// given end on every node, and what is being sent is cut.
/// </summary>
internal sealed class DeleteTrack(PostgresSource postgres, StorageClaims claims) : Slice<DeleteTrack.Request, Nothing>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Delete("/tracks/{id}");
        Group<TracksGroup>();
        Description(route =>
            route.Requires(TracksWrite).Described("Delete a track", Nothing.Value, errors: TracksReads.TrackNotFound)
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        string? prefix;
        await using (var db = await postgres.OpenConnectionAsync(ct))
        {
            await using var transaction = await db.BeginTransactionAsync(ct);
            prefix = await db.QuerySingleOrDefaultAsync<string>(
                "delete from track where id = @id and account_id = @UserId returning storage_prefix",
                new { id, Caller.UserId },
                transaction
            );
            if (prefix is null)
                return TracksReads.TrackNotFound;
            // An encoder at work on it stops within moments.
            await JobQueue.Cancel(db, transaction, TracksModule.Transcode, id);
            await StorageClaims.Forsake(db, transaction, prefix);
            await StreamEnds.Below(db, transaction, id, Revocations.Ended);
            await transaction.CommitAsync(CancellationToken.None);
        }

        await claims.SweepNow(prefix);
        return Answer<Nothing>.Of(Nothing.Value, "The track is deleted");
    }
}

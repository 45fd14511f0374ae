using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Tracks.Covers;

/// <summary>
/// Takes the cover off the caller's own track, and its files out of storage. Taking off what is not there is no error.
/// </summary>
internal sealed class RemoveCover(PostgresSource postgres, StorageClaims claims) : Slice<RemoveCover.Request, Nothing>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Delete("/tracks/{id}/cover");
        Group<TracksGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .Described("Remove a track's cover", Nothing.Value, errors: TracksReads.TrackNotFound)
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        NewCover.Replaced? removed;
        await using (var db = await postgres.OpenConnectionAsync(ct))
        {
            await using var transaction = await db.BeginTransactionAsync(ct);
            removed = await db.QuerySingleOrDefaultAsync<NewCover.Replaced>(
                """
                with before as (select id, cover_id from track where id = @id
                  and account_id = @UserId for no key update)
                update track set cover_id = null, cover_bytes = null, updated_at = case when before.cover_id is null
                  then updated_at else now() end
                  from before where track.id = before.id returning before.cover_id
                """,
                new { id, Caller.UserId },
                transaction
            );
            if (removed is null)
                return TracksReads.TrackNotFound;
            if (removed.CoverId is { } cover)
                await StorageClaims.Forsake(db, transaction, NewCover.PrefixOf(id, cover));
            await transaction.CommitAsync(CancellationToken.None);
        }

        if (removed.CoverId is { } gone)
            await claims.SweepNow(NewCover.PrefixOf(id, gone));
        return Answer<Nothing>.Of(Nothing.Value, "The track has no cover");
    }
}

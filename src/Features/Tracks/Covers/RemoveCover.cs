using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Tracks.Covers;

/// <summary>
/// Takes the cover off the caller's own track, and its files out of storage. Taking off what is not there is no error.
/// </summary>
internal static class RemoveCover
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/tracks/{id}/cover", Handle)
            .WithName("RemoveCover")
            .Requires(Permissions.TracksWrite)
            .Documented("Tracks", "Remove a track's cover", Nothing.Value, errors: TracksReads.TrackNotFound);

    private static async Task<Answer<Nothing>> Handle(
        Guid id,
        Caller caller,
        PostgresSource postgres,
        StorageClaims claims,
        CancellationToken ct
    )
    {
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
                new { id, caller.UserId },
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

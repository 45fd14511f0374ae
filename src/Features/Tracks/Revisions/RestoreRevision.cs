using Dapper;
using Veza.Features.Tracks.Likes;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Tracks.Revisions;

/// <summary>
/// Lets an earlier audio of the caller's own track be heard again, at once: it was kept with all that was made of it.
/// What was heard so far is kept in its place.
/// </summary>
internal sealed class RestoreRevision(PostgresSource postgres) : Slice<RestoreRevision.Request, Track>
{
    internal sealed record Request(Guid Id, int Number);

    public override void Configure()
    {
        Post("/tracks/{id}/revisions/{number}/restore");
        Group<TracksGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .Described(
                    "Restore a track's revision",
                    Track.Example,
                    errors: [TracksReads.TrackNotFound, TracksErrors.RevisionNotFound, TracksErrors.RevisionUnusable]
                )
        );
    }

    public override async Task<Answer<Track>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        var number = request.Number;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var current = await db.ExecuteScalarAsync<int?>(
            "select audio_number from track where id = @id and account_id = @UserId for no key update",
            new { id, Caller.UserId },
            transaction
        );
        if (current is null)
            return TracksReads.TrackNotFound;
        if (current != number && !await TrackRevisions.Exchange(db, transaction, id, number))
        {
            var exists = await db.ExecuteScalarAsync<bool>(
                "select exists (select 1 from track_revision where track_id = @id and number = @number)",
                new { id, number },
                transaction
            );
            return exists ? TracksErrors.RevisionUnusable : TracksErrors.RevisionNotFound;
        }

        var row = await db.QuerySingleAsync<TrackRow>(
            $"select {TrackRow.Columns} from track t join account a on a.id = t.account_id where t.id = @id",
            new { id },
            transaction
        );
        await transaction.CommitAsync(CancellationToken.None);
        var track = await Liked.Tell(db, row.ToTrack(), Caller);
        return Answer<Track>.Tagged(track, TrackTag.Of(track), $"Revision {number} is heard");
    }
}

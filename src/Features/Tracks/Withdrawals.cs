using Dapper;
using Veza.Features.Tracks.Likes;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Tracks;

/// <summary>
/// A withdrawn track is there for its owner alone: nobody else finds, sees or hears it, and it keeps its likes,
/// comments and places in playlists for its return.
/// </summary>
internal static class Withdrawals
{
    internal static readonly Track Example = Track.Example with
    {
        WithdrawnAt = new DateTime(2026, 4, 2, 9, 0, 0, DateTimeKind.Utc),
    };

    internal sealed record Changed(bool WasWithdrawn, int StreamEpoch);

    /// <summary>
    /// Sets or clears it; saying the same twice changes nothing. The stream URLs given before a withdrawal end.
    /// </summary>
    internal static async Task<Answer<Track>> Set(
        PostgresSource postgres,
        Guid id,
        Caller caller,
        bool withdrawn,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var changed = await db.QuerySingleOrDefaultAsync<Changed>(
            """
            with before as (
              select id, withdrawn_at from track where id = @id and account_id = @UserId for no key update
            )
            update track t
               set withdrawn_at = case when @withdrawn then coalesce(t.withdrawn_at, now()) end,
                   stream_epoch = t.stream_epoch + case when @withdrawn and before.withdrawn_at is null then 1
                     else 0 end,
                   updated_at = case when @withdrawn = (before.withdrawn_at is null) then now() else t.updated_at end
              from before where t.id = before.id
            returning before.withdrawn_at is not null as was_withdrawn, t.stream_epoch
            """,
            new
            {
                id,
                caller.UserId,
                withdrawn,
            },
            transaction
        );
        if (changed is null)
            return TracksReads.TrackNotFound;
        if (withdrawn && !changed.WasWithdrawn)
            await StreamEnds.Below(db, transaction, id, changed.StreamEpoch);
        var row = await db.QuerySingleAsync<TrackRow>(
            $"select {TrackRow.Columns} from track t join account a on a.id = t.account_id where t.id = @id",
            new { id },
            transaction
        );
        await transaction.CommitAsync(CancellationToken.None);
        var track = await Liked.Tell(db, row.ToTrack(), caller);
        return Answer<Track>.Tagged(
            track,
            TrackTag.Of(track),
            withdrawn ? "The track is withdrawn" : "The track is back"
        );
    }
}

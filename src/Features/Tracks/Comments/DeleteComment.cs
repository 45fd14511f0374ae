using Dapper;
using Veza.Features.Tracks.Likes;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Tracks.Comments;

/// <summary>
/// Deletes a comment for good: its author may, the track's owner, and moderators. Replies to it stay.
/// </summary>
internal sealed class DeleteComment(PostgresSource postgres) : Slice<DeleteComment.Request, Nothing>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Delete("/comments/{id}");
        Group<TracksGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .Described(
                    "Delete a comment",
                    Nothing.Value,
                    errors: [TracksErrors.CommentNotFound, TracksErrors.CommentForbidden]
                )
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var trackId = await db.ExecuteScalarAsync<Guid?>(
            """
            with commented as (
              -- Held as it is now: who waits for the comment alone goes on with the track of before.
              select id, account_id, is_open from track where id = (select track_id from track_comment where id = @id)
                for share
            ), gone as (
              delete from track_comment c using commented t
               where c.id = @id and t.id = c.track_id
                 and (c.author_id = @UserId or t.account_id = @UserId or @moderates and t.is_open)
              returning c.track_id
            )
            insert into track_count_change (track_id, comments) select track_id, -1 from gone returning track_id
            """,
            new
            {
                id,
                Caller.UserId,
                moderates = Caller.May(TracksModerate),
            }
        );
        if (trackId is not { } commented)
            return await CommentVisibility.WhyNot(db, id, Caller);
        await TrackCounts.Fold(db, commented);
        return Answer<Nothing>.Of(Nothing.Value, "The comment is deleted");
    }
}

using Dapper;
using Veza.Features.Tracks.Likes;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Tracks.Comments;

/// <summary>
/// Deletes a comment for good: its author may, the track's owner, and moderators. Replies to it stay.
/// </summary>
internal static class DeleteComment
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/comments/{id}", Handle)
            .WithName("DeleteComment")
            .Requires(Permissions.TracksWrite)
            .Documented(
                "Tracks",
                "Delete a comment",
                Nothing.Value,
                errors: [TracksErrors.CommentNotFound, TracksErrors.CommentForbidden]
            );

    private static async Task<Answer<Nothing>> Handle(
        Guid id,
        Caller caller,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
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
                caller.UserId,
                moderates = caller.May(Permissions.TracksModerate),
            }
        );
        if (trackId is not { } commented)
            return await CommentVisibility.WhyNot(db, id, caller);
        await TrackCounts.Fold(db, commented);
        return Answer<Nothing>.Of(Nothing.Value, "The comment is deleted");
    }
}

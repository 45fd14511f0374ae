using System.Text.Json.Serialization;
using Dapper;
using Npgsql;
using Veza.Features.Tracks.Likes;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Tracks.Comments;

/// <summary>
/// Comments on a track that the caller may see, at a moment of it or as a whole; a reply stands where its comment does
/// unless it says otherwise. The same client_id on the same track posts once and answers 200 with the comment that is
/// there. Nobody comments on a track of somebody whom they block or are blocked by.
/// </summary>
[HotRead]
internal sealed class PostComment(PostgresSource postgres) : Slice<PostComment.Request, Comment>
{
    internal sealed record Request(
        [property: JsonIgnore] Guid Id,
        string? ClientId,
        string? Content,
        long? PositionMs,
        Guid? ReplyTo
    );

    public override void Configure()
    {
        Post("/tracks/{id}/comments");
        Group<TracksGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .Described(
                    "Comment on a track",
                    Comment.Example,
                    new Request(default, "c1", "The bass comes in here", 74_000, null),
                    StatusCodes.Status201Created,
                    Errors.Validation,
                    TracksReads.TrackNotFound,
                    TracksErrors.CommentNotFound,
                    Errors.ClientIdReused,
                    UsersReads.PersonBlocked,
                    TracksErrors.CommentsTooFast
                )
        );
    }

    public override async Task<Answer<Comment>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        if (
            CommentRules.Validator.RefuseAll(new CommentDraft(request.ClientId, request.Content, request.PositionMs)) is
            { } refused
        )
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        if (await CommentPace.Refuse(db, transaction, Caller.UserId) is { } tooFast)
            return tooFast;
        var commentId = Guid.CreateVersion7();
        var added = await db.QuerySingleOrDefaultAsync<CommentRow>(
            $"""
            with heard as (
              select t.id, t.duration_ms from track t where t.id = @id and (t.account_id = @UserId or t.is_open)
                 and t.account_id not in ({UsersReads.BlockedBy} @UserId)
            ), parent as (
              select position_ms from track_comment p where p.id = @ReplyTo and p.track_id = @id
                 and p.author_id not in ({UsersReads.BlockedBy} @UserId)
                   for key share of p
            ), c as (
              insert into track_comment (id, track_id, author_id, client_id, content, position_ms, reply_to)
              select @commentId, id, @UserId, @ClientId, @content,
                coalesce(@PositionMs, (select position_ms from parent)), @ReplyTo from heard
               where (@PositionMs::bigint is null or @PositionMs <= duration_ms)
                 and (@ReplyTo::uuid is null or exists (select 1 from parent))
              on conflict (track_id, author_id, client_id) do nothing
              returning id, track_id, author_id, client_id, content, position_ms, reply_to, created_at, edited_at
            ), counted as (
              insert into track_count_change (track_id, comments) select track_id, 1 from c
            )
            select {CommentRow.Columns} from c join account a on a.id = c.author_id
            """,
            new
            {
                id,
                commentId,
                Caller.UserId,
                request.ClientId,
                content = request.Content!.Trim(),
                request.PositionMs,
                request.ReplyTo,
            },
            transaction
        );
        await transaction.CommitAsync(CancellationToken.None);
        if (added is null)
            return await WhyNot(db, id, request, Caller);
        await TrackCounts.Fold(db, id);
        return Answer<Comment>.Created(added.ToComment(), "Said", $"/api/v1/tracks/{id}/comments");
    }

    /// <summary>Said already under this client_id, or why it cannot be said.</summary>
    private static async Task<Answer<Comment>> WhyNot(NpgsqlConnection db, Guid id, Request request, Caller caller)
    {
        if (!await TrackVisibility.IsSeen(db, id, caller))
            return TracksReads.TrackNotFound;
        var there = await db.QuerySingleOrDefaultAsync<CommentRow>(
            $"""
            select {CommentRow.Columns} from track_comment c join account a on a.id = c.author_id
             where c.track_id = @id and c.author_id = @UserId and c.client_id = @ClientId
            """,
            new
            {
                id,
                caller.UserId,
                request.ClientId,
            }
        );
        if (there is not null)
            return there.Content == request.Content!.Trim()
                ? Answer<Comment>.Of(there.ToComment(), "Said already")
                : Errors.ClientIdReused;
        var isBlocked = await db.ExecuteScalarAsync<bool>(
            """
            select exists (select 1 from track t join block_pair s on s.account_id = @UserId
              and s.other_id = t.account_id where t.id = @id)
            """,
            new { id, caller.UserId }
        );
        if (isBlocked)
            return UsersReads.PersonBlocked;
        var isReply =
            request.ReplyTo is null
            || await db.ExecuteScalarAsync<bool>(
                $"""
                select exists (select 1 from track_comment p where p.id = @ReplyTo and p.track_id = @id
                  and p.author_id not in ({UsersReads.BlockedBy} @UserId))
                """,
                new
                {
                    id,
                    request.ReplyTo,
                    caller.UserId,
                }
            );
        return isReply
            ? Errors.Validation.With(new FieldError("position_ms", "OUT_OF_RANGE", "position_ms lies within the track"))
            : TracksErrors.CommentNotFound.With(
                new FieldError("reply_to", TracksErrors.CommentNotFound.Code, "reply_to is no comment of this track")
            );
    }
}

[JsonSerializable(typeof(PostComment.Request))]
internal sealed partial class PostCommentJson : JsonSerializerContext;

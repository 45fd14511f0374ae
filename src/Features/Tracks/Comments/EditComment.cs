using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Tracks.Comments;

/// <summary>Changes the words of the caller's own comment; it stays where it is and says when it was edited.</summary>
internal sealed class EditComment(PostgresSource postgres) : Slice<EditComment.Request, Comment>
{
    internal sealed record Request([property: JsonIgnore] Guid Id, string? Content);

    public override void Configure()
    {
        Put("/comments/{id}");
        Group<TracksGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .Described(
                    "Edit a comment",
                    Comment.Example,
                    new Request(default, "The bass comes in here, at last"),
                    errors: [Errors.Validation, TracksErrors.CommentNotFound, TracksErrors.CommentForbidden]
                )
        );
    }

    public override async Task<Answer<Comment>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        if (CommentRules.Validator.RefuseAll(new CommentDraft(null, request.Content, null)) is { } refused)
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var edited = await db.QuerySingleOrDefaultAsync<CommentRow>(
            $"""
            with heard as (
              -- Held as it is now: who waits for the comment alone goes on with the track of before.
              select id from track where id = (select track_id from track_comment where id = @id)
                and (account_id = @UserId or is_open) for share
            ), c as (
              update track_comment m set content = @content, edited_at = now()
               where m.id = @id and m.author_id = @UserId and m.track_id in (select id from heard)
              returning m.id, m.track_id, m.author_id, m.client_id, m.content, m.position_ms, m.reply_to, m.created_at,
                m.edited_at
            )
            select {CommentRow.Columns} from c join account a on a.id = c.author_id
            """,
            new
            {
                id,
                Caller.UserId,
                content = request.Content!.Trim(),
            }
        );
        return edited is null ? await CommentVisibility.WhyNot(db, id, Caller) : edited.ToComment();
    }
}

[JsonSerializable(typeof(EditComment.Request))]
internal sealed partial class EditCommentJson : JsonSerializerContext;

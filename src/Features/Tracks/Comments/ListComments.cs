using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Tracks.Comments;

/// <summary>What was said of a track, the newest first; with <c>from_ms</c> or <c>to_ms</c> what was said of that part
/// of it, in the order of the music. Whom the caller blocks or is blocked by is left out.</summary>
[HotRead]
internal sealed class ListComments(PostgresSource postgres) : Slice<ListComments.Request, Comment[]>
{
    internal sealed record Request(Guid Id, long? FromMs, long? ToMs, int? Limit, string? Cursor);

    public override void Configure()
    {
        Get("/tracks/{id}/comments");
        Group<TracksGroup>();
        Description(route =>
            route
                .Anonymous(seesMoreWith: TracksRead)
                .Described(
                    "List a track's comments",
                    new[] { Comment.Example },
                    errors: [Errors.Validation, TracksReads.TrackNotFound]
                )
        );
    }

    public override async Task<Answer<Comment[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        var isPart = request.FromMs is not null || request.ToMs is not null;
        if (
            CursorPage.Read(
                request.Limit,
                request.Cursor,
                isPart ? CursorPage.LowestFirst : CursorPage.NewestFirst,
                out var seek
            ) is
            { } refused
        )
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        if (!await TrackVisibility.IsSeen(db, id, CallerIfAny))
            return TracksReads.TrackNotFound;
        var rows = isPart
            ? await db.QueryAsync<CommentRow>(
                $"""
                select {CommentRow.Columns} from track_comment c join account a on a.id = c.author_id
                 where c.track_id = @id and c.position_ms between @from and @to
                   and (c.position_ms, c.id) > (@Number, @after)
                   and c.author_id not in ({UsersReads.BlockedBy} @callerId)
                 order by c.position_ms, c.id limit @limit
                """,
                new
                {
                    id,
                    callerId = CallerIfAny?.UserId,
                    from = request.FromMs ?? 0,
                    to = request.ToMs ?? long.MaxValue,
                    seek.Number,
                    after = seek.Id,
                    limit = seek.Limit + 1,
                }
            )
            : await db.QueryAsync<CommentRow>(
                $"""
                select {CommentRow.Columns} from track_comment c join account a on a.id = c.author_id
                 where c.track_id = @id and c.id < @before
                   and c.author_id not in ({UsersReads.BlockedBy} @callerId)
                 order by c.id desc limit @limit
                """,
                new
                {
                    id,
                    callerId = CallerIfAny?.UserId,
                    before = seek.Id,
                    limit = seek.Limit + 1,
                }
            );
        Comment[] found = [.. rows.Select(row => row.ToComment())];
        var next =
            found.Length <= seek.Limit ? null
            : found[seek.Limit - 1] is var last && isPart ? CursorPage.After(last.PositionMs ?? 0, last.Id)
            : CursorPage.After(0, last.Id);
        return Answer<Comment[]>.Of(
            found.Length <= seek.Limit ? found : found[..seek.Limit],
            "OK",
            meta: new Meta { NextCursor = new NextCursor(next) }
        );
    }
}

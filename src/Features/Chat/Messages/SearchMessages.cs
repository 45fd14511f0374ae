using Dapper;
using Veza.Features.Chat.Rooms;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// Messages of a room that hold all of the words, newest first. Words that are in few of them are gathered from the
/// index; common ones are looked for along the room, some thousands of messages at a time: then a page may be short,
/// even empty, and still have a next_cursor.
/// </summary>
[HotRead]
internal sealed class SearchMessages(PostgresSource postgres, RoomAccess access)
    : Slice<SearchMessages.Request, Message[]>
{
    internal sealed record Request(
        Guid Id,
        string? Q,
        Guid? FromUser,
        string? Before,
        string? After,
        int? Limit,
        string? Cursor
    );

    internal const int QueryCharsMax = 200,
        OpenCharsMin = 3,
        HitsMax = 2000,
        WalkMax = 3000;

    internal const string ProbeSql = """
        select count(*) from (
          select 1 from message m where m.deleted_at is null
            and message_keys(m.room_id, m.content) @@ message_query_in(@id, @words, @isOpen) limit @HitsMax + 1) hits
        """;

    internal const string GatherSql = $"""
        with hits as materialized (
          select m.id, m.seq, m.author_id from message m
           where m.deleted_at is null and message_keys(m.room_id, m.content) @@ message_query_in(@id, @words, @isOpen)
             limit @HitsMax + 1
        ), page as materialized (
          select h.id from hits h where h.seq < @before and h.seq >= @from
            and h.author_id = coalesce(@author, h.author_id)
             and h.author_id not in ({UsersReads.BlockedBy} @UserId)
           order by h.seq desc limit @Take
        )
        select {MessageRow.ColumnsForCaller} from page p join message m on m.id = p.id left
          join account a on a.id = m.author_id order by m.seq desc
        """;

    internal const string WalkSql = $"""
        select {MessageRow.ColumnsForCaller} from message m left join account a on a.id = m.author_id
         where m.room_id = @id and m.seq < @before and m.seq >= @from and m.deleted_at is null
           and m.author_id = coalesce(@author, m.author_id)
           and message_words(m.content) @@ message_query(@words, @isOpen)
           and m.author_id not in ({UsersReads.BlockedBy} @UserId)
         order by m.seq desc limit @Take
        """;

    public override void Configure()
    {
        Get("/rooms/{id}/messages/search");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatRead)
                .Described(
                    "Search a room's messages",
                    new[] { Message.Example },
                    errors: [Errors.Validation, ChatReads.RoomNotFound, ChatErrors.Banned]
                )
        );
    }

    public override async Task<Answer<Message[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        var words = request.Q?.Trim() ?? "";
        if (words.Length is 0 or > QueryCharsMax)
            return Errors.Validation.With(
                new FieldError(
                    "q",
                    words.Length == 0 ? "REQUIRED" : "TOO_LONG",
                    $"q is 1 to {QueryCharsMax} characters"
                )
            );
        if (CursorPage.Read(request.Limit, request.Cursor, CursorPage.NewestFirst, out var seek) is { } refused)
            return refused;
        if (Moments.Read("before", request.Before, out var until) is { } badBefore)
            return badBefore;
        if (Moments.Read("after", request.After, out var since) is { } badAfter)
            return badAfter;
        if (await access.RefuseHistory(id, Caller, ct) is { } forbidden)
            return forbidden;
        // A star at the end, behind three characters or more, lets the last word be the beginning of one.
        var isOpen =
            words.Length > OpenCharsMin && words[^1] == '*' && words[^(OpenCharsMin + 1)..^1].All(char.IsLetterOrDigit);

        await using var db = await postgres.OpenConnectionAsync(ct);
        var lastSeq = await db.ExecuteScalarAsync<long>("select last_seq from room where id = @id", new { id });
        var end = Math.Min(
            Math.Min(seek.Number, lastSeq + 1),
            until is null ? long.MaxValue : await MessageLog.SeqAt(db, id, until.Value)
        );
        var start = since is null ? 0 : await MessageLog.SeqAt(db, id, since.Value);
        var hits = await db.ExecuteScalarAsync<long>(
            ProbeSql,
            new
            {
                id,
                words,
                isOpen,
                HitsMax,
            }
        );
        var isCommon = hits > HitsMax;
        var from = isCommon ? Math.Max(start, end - WalkMax) : start;
        var sought = new
        {
            id,
            words,
            isOpen,
            HitsMax,
            before = end,
            from,
            author = request.FromUser,
            Caller.UserId,
            seek.Take,
        };
        MessageRow[] found = isCommon
            ? [.. await db.QueryAsync<MessageRow>(WalkSql, sought)]
            : [.. await db.QueryAsync<MessageRow>(GatherSql, sought)];
        var page = found.Take(seek.Limit).Select(row => row.ForCaller()).ToArray();
        long? next =
            found.Length > seek.Limit ? page[^1].Seq
            : isCommon && from > Math.Max(start, 1) ? from
            : null;
        return Answer<Message[]>.Of(
            page,
            "OK",
            meta: new Meta { NextCursor = new NextCursor(next is { } seq ? CursorPage.After(seq, Guid.Empty) : null) }
        );
    }
}

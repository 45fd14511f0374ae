using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// The rooms the caller is in that have something unread: how much, how many mentions of it, and where it begins; not
/// conversations across a block.
/// </summary>
[HotRead]
internal static class ListUnread
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/chat/unread", Handle)
            .WithName("ListUnread")
            .Requires(Permissions.ChatRead)
            .Documented("Chat", "List your unread counts", new[] { ReadMark.Example }, errors: Errors.Validation);

    private static async Task<Answer<ReadMark[]>> Handle(
        int? limit,
        string? cursor,
        Caller caller,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
        if (CursorPage.Read(limit, cursor, CursorPage.LowestFirst, out var seek) is { } refused)
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        ReadMark[] marks =
        [
            .. await db.QueryAsync<ReadMark>(
                $"""
                select {ReadMark.Columns} from room_member w join room r on r.id = w.room_id
                 where w.account_id = @UserId and w.room_id > @after and r.last_seq > w.last_read_seq
                   and (r.visibility <> 'direct' or not exists
                     (select 1 from room_member o where o.room_id = r.id
                       and o.account_id in ({UsersReads.BlockedBy} @UserId)))
                 order by w.room_id limit @Take
                """,
                new
                {
                    caller.UserId,
                    after = seek.Id,
                    seek.Take,
                    ReadMark.MentionsMax,
                }
            ),
        ];
        return seek.Answer(marks, mark => (DateTime.UnixEpoch, mark.RoomId));
    }
}

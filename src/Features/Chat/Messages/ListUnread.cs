using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// The rooms the caller is in that have something unread: how much, how many mentions of it, and where it begins; not
/// conversations across a block.
/// </summary>
[HotRead]
internal sealed class ListUnread(PostgresSource postgres) : Slice<ListUnread.Request, ReadMark[]>
{
    internal sealed record Request(int? Limit, string? Cursor);

    public override void Configure()
    {
        Get("/unread");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatRead)
                .Described("List your unread counts", new[] { ReadMark.Example }, errors: Errors.Validation)
        );
    }

    public override async Task<Answer<ReadMark[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (CursorPage.Read(request.Limit, request.Cursor, CursorPage.LowestFirst, out var seek) is { } refused)
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
                    Caller.UserId,
                    after = seek.Id,
                    seek.Take,
                    ReadMark.MentionsMax,
                }
            ),
        ];
        return seek.Answer(marks, mark => (DateTime.UnixEpoch, mark.RoomId));
    }
}

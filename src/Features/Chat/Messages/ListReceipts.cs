using System.Text.Json.Serialization;
using Dapper;
using Veza.Features.Chat.Rooms;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// How far the others in a room have read it; of those whose receipts are public, and not across a block. With
/// <c>seq</c>, only who has read that message.
/// </summary>
[HotRead]
internal sealed class ListReceipts(PostgresSource postgres, RoomAccess access)
    : Slice<ListReceipts.Request, ListReceipts.Receipt[]>
{
    internal sealed record Request(Guid Id, long? Seq, int? Limit, string? Cursor);

    internal sealed record Receipt(Guid UserId, string Username, long Seq, DateTime? ReadAt);

    public override void Configure()
    {
        Get("/rooms/{id}/receipts");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatRead)
                .Described(
                    "List the read receipts of a room",
                    new[] { new Receipt(Room.Example.OwnerId!.Value, "mira", 42, Message.Example.CreatedAt) },
                    errors: [Errors.Validation, ChatReads.RoomNotFound, ChatErrors.NotAMember]
                )
        );
    }

    public override async Task<Answer<Receipt[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        if (CursorPage.Read(request.Limit, request.Cursor, CursorPage.LowestFirst, out var seek) is { } refused)
            return refused;
        if (await access.RefuseReading(id, Caller, ct) is { } unread)
            return unread;
        await using var db = await postgres.OpenConnectionAsync(ct);
        Receipt[] receipts =
        [
            .. await db.QueryAsync<Receipt>(
                $"""
                select w.account_id as user_id, a.username, w.last_read_seq as seq, w.read_at
                  from room_member w join account a on a.id = w.account_id
                 where w.room_id = @id and w.account_id > @after and w.account_id <> @UserId and w.receipts = 'public'
                   and w.read_at is not null and w.last_read_seq >= @least
                   and w.account_id not in ({UsersReads.BlockedBy} @UserId)
                 order by w.account_id limit @Take
                """,
                new
                {
                    id,
                    after = seek.Id,
                    least = request.Seq ?? 0,
                    Caller.UserId,
                    seek.Take,
                }
            ),
        ];
        return seek.Answer(receipts, receipt => (DateTime.UnixEpoch, receipt.UserId));
    }
}

[JsonSerializable(typeof(Envelope<ListReceipts.Receipt[]>))]
internal sealed partial class ListReceiptsJson : JsonSerializerContext;

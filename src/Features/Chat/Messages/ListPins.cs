using Dapper;
using Veza.Features.Chat.Rooms;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Chat.Messages;

/// <summary>What is pinned in a room, the newest pin first; for whoever reads its history.</summary>
[HotRead]
internal sealed class ListPins(PostgresSource postgres, RoomAccess access) : Slice<ListPins.Request, Message[]>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Get("/rooms/{id}/pins");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatRead)
                .Described(
                    "List the pinned messages of a room",
                    new[] { Message.Example with { PinnedAt = Message.Example.CreatedAt } },
                    errors: [ChatReads.RoomNotFound, ChatErrors.Banned]
                )
        );
    }

    public override async Task<Answer<Message[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        if (await access.RefuseHistory(id, Caller, ct) is { } refused)
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<MessageRow>(
            $"""
            select {MessageRow.ColumnsForCaller} from message m left join account a on a.id = m.author_id
             where m.room_id = @id and m.pinned_at is not null order by m.pinned_at desc limit @PerRoomMax
            """,
            new
            {
                id,
                Caller.UserId,
                Pins.PerRoomMax,
            }
        );
        // A pin of somebody whom the caller does not see is no more than a place: it is left out.
        return Answer<Message[]>.Of([.. rows.Where(row => !row.Hidden).Select(row => row.ForCaller())], "OK");
    }
}

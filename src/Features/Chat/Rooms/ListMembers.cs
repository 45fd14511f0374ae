using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Chat.Rooms;

/// <summary>
/// Who is in a room, in the order of joining; for whoever may know of the room, without those whom the caller blocks or
/// is blocked by, unless the caller moderates the room.
/// </summary>
[HotRead]
internal sealed class ListMembers(PostgresSource postgres, RoomAccess access) : Slice<ListMembers.Request, RoomMember[]>
{
    internal sealed record Request(Guid Id, int? Page, int? PerPage);

    public override void Configure()
    {
        Get("/rooms/{id}/members");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatRead)
                .Described(
                    "List the members of a room",
                    new[] { RoomMember.Example with { Role = "owner" } },
                    errors: [ChatReads.RoomNotFound, Errors.Validation]
                )
        );
    }

    public override async Task<Answer<RoomMember[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        if (Paging.Read(request.Page, request.PerPage, out var paging) is { } refused)
            return refused;
        if (await access.Find(id, Caller, ct) is not { } room)
            return ChatReads.RoomNotFound;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<RoomMember>(
            $"""
            select {RoomMember.Columns} from {RoomMember.From} 
             where m.room_id = @id and (@governs or m.account_id not in ({UsersReads.BlockedBy} @UserId))
             order by m.joined_at, m.account_id limit @PerPage offset @Offset
            """,
            new
            {
                id,
                Caller.UserId,
                governs = room.Role is "owner" or "moderator",
                paging.PerPage,
                paging.Offset,
            }
        );
        return Answer<RoomMember[]>.Of([.. rows], "OK", meta: paging.Meta(room.MemberCount));
    }
}

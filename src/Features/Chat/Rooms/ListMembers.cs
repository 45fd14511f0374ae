using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Chat.Rooms;

/// <summary>
/// Who is in a room, in the order of joining; for whoever may know of the room, without those whom the caller blocks or
/// is blocked by, unless the caller moderates the room.
/// </summary>
[HotRead]
internal static class ListMembers
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/chat/rooms/{id}/members", Handle)
            .WithName("ListMembers")
            .Requires(Permissions.ChatRead)
            .Documented(
                "Chat",
                "List the members of a room",
                new[] { RoomMember.Example with { Role = "owner" } },
                errors: [ChatReads.RoomNotFound, Errors.Validation]
            );

    private static async Task<Answer<RoomMember[]>> Handle(
        Guid id,
        int? page,
        int? per_page,
        Caller caller,
        PostgresSource postgres,
        RoomAccess access,
        CancellationToken ct
    )
    {
        if (Paging.Read(page, per_page, out var paging) is { } refused)
            return refused;
        if (await access.Find(id, caller, ct) is not { } room)
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
                caller.UserId,
                governs = room.Role is "owner" or "moderator",
                paging.PerPage,
                paging.Offset,
            }
        );
        return Answer<RoomMember[]>.Of([.. rows], "OK", meta: paging.Meta(room.MemberCount));
    }
}

using System.Text.Json.Serialization;
using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat;

/// <summary>Who is in a room, in the order of joining; for whoever may know of the room.</summary>
internal static class ListMembers
{
    internal sealed record Member(Guid Id, string Username, string DisplayName, string? AvatarUrl, string Role, DateTime JoinedAt);

    internal static void Endpoint(IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/chat/rooms/{id}/members", Handle).WithName("ListMembers").Requires(Permissions.ChatRead)
        .Documented("Chat", "Who is in a room", new[] { new Member(Room.Example.OwnerId, "mira", "Mira", null, "owner", Room.Example.CreatedAt) }, errors: [Errors.RoomNotFound, Errors.Validation]);

    private static async Task<Answer<Member[]>> Handle(Guid id, int? page, int? per_page, Caller caller, NpgsqlDataSource postgres, RoomAccess access, CancellationToken ct)
    {
        if (Paging.Read(page, per_page, out var paging) is { } refused) return refused;
        if (await access.Find(id, caller, ct) is not { } room) return Errors.RoomNotFound;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<Member>("""
            select a.id, a.username, a.display_name, a.avatar_url, m.role, m.joined_at
              from room_member m join account a on a.id = m.account_id
             where m.room_id = @id order by m.joined_at, a.id limit @PerPage offset @Offset
            """, new { id, paging.PerPage, paging.Offset });
        return Answer<Member[]>.Of([.. rows], "OK", meta: paging.Meta(room.MemberCount));
    }
}

[JsonSerializable(typeof(Envelope<ListMembers.Member[]>))]
internal sealed partial class ListMembersJson : JsonSerializerContext;

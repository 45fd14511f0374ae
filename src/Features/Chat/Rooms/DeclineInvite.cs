using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Rooms;

/// <summary>Declines an invitation. The caller may be invited again.</summary>
internal static class DeclineInvite
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/chat/rooms/{id}/invites/me", Handle)
            .WithName("DeclineInvite")
            .Requires(Permissions.ChatWrite)
            .Documented("Chat", "Decline an invitation", Nothing.Value, errors: ChatErrors.InviteNotFound);

    private static async Task<Answer<Nothing>> Handle(
        Guid id,
        Caller caller,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var gone = await db.ExecuteAsync(
            "delete from room_invite where room_id = @id and account_id = @UserId",
            new { id, caller.UserId }
        );
        return gone == 0 ? ChatErrors.InviteNotFound : Answer<Nothing>.Of(Nothing.Value, "The invitation is declined");
    }
}

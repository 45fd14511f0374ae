using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Messages;

/// <summary>Takes a pin off; for the room's owner and moderators.</summary>
internal static class UnpinMessage
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/chat/messages/{id}/pin", Handle)
            .WithName("UnpinMessage")
            .Requires(Permissions.ChatWrite)
            .Documented(
                "Chat",
                "Unpin a message",
                Message.Example,
                errors:
                [
                    ChatErrors.MessageNotFound,
                    ChatErrors.NotAMember,
                    ChatErrors.RoomForbidden,
                    ChatErrors.MessageDeleted,
                ]
            );

    private static async Task<Answer<Message>> Handle(Guid id, Caller caller, Pins pins, CancellationToken ct)
    {
        var (message, error) = await pins.Set(id, isPinned: false, caller, ct);
        return message is null ? error! : Answer<Message>.Of(message, "Unpinned");
    }
}

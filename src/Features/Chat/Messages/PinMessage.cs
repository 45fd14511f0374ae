using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Messages;

/// <summary>Pins a message in its room; for the owner and moderators.</summary>
internal static class PinMessage
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPut("/api/v1/chat/messages/{id}/pin", Handle)
            .WithName("PinMessage")
            .Requires(Permissions.ChatWrite)
            .Documented(
                "Chat",
                "Pin a message",
                Message.Example,
                errors:
                [
                    ChatErrors.MessageNotFound,
                    ChatErrors.NotAMember,
                    ChatErrors.RoomForbidden,
                    ChatErrors.MessageDeleted,
                    ChatErrors.TooManyPins,
                ]
            );

    private static async Task<Answer<Message>> Handle(Guid id, Caller caller, Pins pins, CancellationToken ct)
    {
        var (message, error) = await pins.Set(id, isPinned: true, caller, ct);
        return message is null ? error! : Answer<Message>.Of(message, "Pinned");
    }
}

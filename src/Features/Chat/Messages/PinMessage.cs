using Veza.Infrastructure.Http;
using static Veza.Permissions;

namespace Veza.Features.Chat.Messages;

/// <summary>Pins a message in its room; for the owner and moderators.</summary>
internal sealed class PinMessage(Pins pins) : Slice<PinMessage.Request, Message>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Put("/messages/{id}/pin");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatWrite)
                .Described(
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
                )
        );
    }

    public override async Task<Answer<Message>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var (message, error) = await pins.Set(request.Id, isPinned: true, Caller, ct);
        return message is null ? error! : Answer<Message>.Of(message, "Pinned");
    }
}

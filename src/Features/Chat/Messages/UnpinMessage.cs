using Veza.Infrastructure.Http;
using static Veza.Permissions;

namespace Veza.Features.Chat.Messages;

/// <summary>Takes a pin off; for the room's owner and moderators.</summary>
internal sealed class UnpinMessage(Pins pins) : Slice<UnpinMessage.Request, Message>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Delete("/messages/{id}/pin");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatWrite)
                .Described(
                    "Unpin a message",
                    Message.Example,
                    errors:
                    [
                        ChatErrors.MessageNotFound,
                        ChatErrors.NotAMember,
                        ChatErrors.RoomForbidden,
                        ChatErrors.MessageDeleted,
                    ]
                )
        );
    }

    public override async Task<Answer<Message>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var (message, error) = await pins.Set(request.Id, isPinned: false, Caller, ct);
        return message is null ? error! : Answer<Message>.Of(message, "Unpinned");
    }
}

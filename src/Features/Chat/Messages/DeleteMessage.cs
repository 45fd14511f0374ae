using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// Deletes a message for everybody: its words and all that belongs to it are erased, its seq stays. Its author may, the
/// room's owner and moderators, and moderators of chat where they read.
/// </summary>
internal static class DeleteMessage
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/chat/messages/{id}", Handle)
            .WithName("DeleteMessage")
            .Requires(Permissions.ChatWrite)
            .Documented(
                "Chat",
                "Delete a message",
                Message.Example,
                errors: [ChatErrors.MessageNotFound, ChatErrors.NotAMember, ChatErrors.MessageForbidden]
            );

    private static async Task<Answer<Message>> Handle(
        Guid id,
        Caller caller,
        MessageDeletion deletion,
        CancellationToken ct
    )
    {
        var (message, error) = await deletion.Delete(id, caller, ct);
        return message is null ? error! : Answer<Message>.Of(message, "Deleted");
    }
}

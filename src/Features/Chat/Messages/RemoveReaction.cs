using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Messages;

/// <summary>Takes the caller's own reaction back; what is not there is no error.</summary>
internal static class RemoveReaction
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/chat/messages/{id}/reactions/{emoji}", Handle)
            .WithName("RemoveReaction")
            .Requires(Permissions.ChatWrite)
            .Documented(
                "Chat",
                "Remove a reaction",
                Message.Example,
                errors:
                [
                    Errors.Validation,
                    ChatErrors.MessageNotFound,
                    ChatErrors.NotAMember,
                    ChatErrors.MessageDeleted,
                ]
            );

    private static async Task<Answer<Message>> Handle(
        Guid id,
        string emoji,
        Caller caller,
        Reactions reactions,
        CancellationToken ct
    )
    {
        var (message, error) = await reactions.Remove(id, emoji, caller, ct);
        return message is null ? error! : Answer<Message>.Of(message, "Taken back");
    }
}

using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Messages;

/// <summary>Reacts to a message with an emoji; twice is once.</summary>
internal static class AddReaction
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPut("/api/v1/chat/messages/{id}/reactions/{emoji}", Handle)
            .WithName("AddReaction")
            .Requires(Permissions.ChatWrite)
            .Documented(
                "Chat",
                "React to a message",
                Message.Example,
                errors:
                [
                    Errors.Validation,
                    ChatErrors.MessageNotFound,
                    ChatErrors.NotAMember,
                    ChatErrors.Muted,
                    ChatErrors.MessageDeleted,
                    ChatErrors.TooManyReactions,
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
        var (message, error) = await reactions.Add(id, emoji, caller, ct);
        return message is null ? error! : Answer<Message>.Of(message, "You reacted");
    }
}

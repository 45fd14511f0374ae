using Veza.Infrastructure.Http;
using static Veza.Permissions;

namespace Veza.Features.Chat.Messages;

/// <summary>Reacts to a message with an emoji; twice is once.</summary>
internal sealed class AddReaction(Reactions reactions) : Slice<AddReaction.Request, Message>
{
    internal sealed record Request(Guid Id, string Emoji);

    public override void Configure()
    {
        Put("/messages/{id}/reactions/{emoji}");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatWrite)
                .Described(
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
                )
        );
    }

    public override async Task<Answer<Message>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var (message, error) = await reactions.Add(request.Id, request.Emoji, Caller, ct);
        return message is null ? error! : Answer<Message>.Of(message, "You reacted");
    }
}

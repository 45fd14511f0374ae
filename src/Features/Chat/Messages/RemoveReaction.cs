using Veza.Infrastructure.Http;
using static Veza.Permissions;

namespace Veza.Features.Chat.Messages;

/// <summary>Takes the caller's own reaction back; what is not there is no error.</summary>
internal sealed class RemoveReaction(Reactions reactions) : Slice<RemoveReaction.Request, Message>
{
    internal sealed record Request(Guid Id, string Emoji);

    public override void Configure()
    {
        Delete("/messages/{id}/reactions/{emoji}");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatWrite)
                .Described(
                    "Remove a reaction",
                    Message.Example,
                    errors:
                    [
                        Errors.Validation,
                        ChatErrors.MessageNotFound,
                        ChatErrors.NotAMember,
                        ChatErrors.MessageDeleted,
                    ]
                )
        );
    }

    public override async Task<Answer<Message>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var (message, error) = await reactions.Remove(request.Id, request.Emoji, Caller, ct);
        return message is null ? error! : Answer<Message>.Of(message, "Taken back");
    }
}

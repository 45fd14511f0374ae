using Veza.Infrastructure.Http;
using static Veza.Permissions;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// Deletes a message for everybody: its words and all that belongs to it are erased, its seq stays. Its author may, the
/// room's owner and moderators, and moderators of chat where they read.
/// </summary>
internal sealed class DeleteMessage(MessageDeletion deletion) : Slice<DeleteMessage.Request, Message>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Delete("/messages/{id}");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatWrite)
                .Described(
                    "Delete a message",
                    Message.Example,
                    errors: [ChatErrors.MessageNotFound, ChatErrors.NotAMember, ChatErrors.MessageForbidden]
                )
        );
    }

    public override async Task<Answer<Message>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var (message, error) = await deletion.Delete(request.Id, Caller, ct);
        return message is null ? error! : Answer<Message>.Of(message, "Deleted");
    }
}

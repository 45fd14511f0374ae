using System.Text.Json.Serialization;
using Veza.Features.Chat.Messages;
using Veza.Features.Chat.Realtime;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Security;
using static Veza.Permissions;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Chat.Direct;

/// <summary>
/// Writes to a person, or a note to the caller themselves; the first message makes the conversation. As in a room, 201
/// means that it is committed, and the same client_id posts once.
/// </summary>
internal sealed class WriteDirectly(
    Conversations conversations,
    MessagePosts posts,
    PersonalNews personal,
    Limits limits
) : Slice<WriteDirectly.Request, Message>
{
    internal sealed record Request(
        [property: JsonIgnore] Guid Id,
        string? ClientId,
        string? Content,
        Guid? ReplyTo,
        Guid[]? Attachments,
        TrackPosition? TrackPosition
    );

    public override void Configure()
    {
        Post("/dm/{id}");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatWrite)
                .Described(
                    "Send a direct message",
                    Message.Example,
                    new Request(default, "c0ffee01-0002", "Are you coming tonight?", null, null, null),
                    StatusCodes.Status201Created,
                    Errors.Validation,
                    UsersReads.UserNotFound,
                    ChatErrors.DirectBlocked,
                    ChatErrors.MessageNotFound,
                    Errors.ClientIdReused,
                    ChatErrors.AttachmentNotFound,
                    ChatErrors.RoomBusy,
                    Errors.RateLimited
                )
        );
    }

    public override async Task<Answer<Message>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        var draft = new Draft(
            request.ClientId,
            request.Content,
            request.ReplyTo,
            request.TrackPosition,
            request.Attachments
        );
        // Before the conversation is made: what cannot be said makes none.
        if (MessageRules.Refuse(draft) is { } refused)
            return refused;
        var (there, forbidden) = await conversations.Find(id, Caller, toWrite: true, ct);
        if (forbidden is not null)
            return forbidden;
        // Files are brought into a conversation that is there.
        if (there is null && request.Attachments is { Length: > 0 })
            return ChatErrors.AttachmentNotFound;
        if (
            there is null
            && await limits.Refuse(HttpContext, ChatPolicies.Direct, Caller.UserId.ToString()) is { } tooFast
        )
            return tooFast;
        var (row, added, error) = await posts.Post(
            there ?? await conversations.Open(id, Caller, ct),
            draft,
            Caller,
            ct
        );
        if (row is null)
            return error!;
        if (there is null)
            foreach (var person in new HashSet<Guid> { Caller.UserId, id })
                personal.Tell(person, Frames.RoomEntered(row.RoomId));
        var message = row.ForCaller();
        if (!added)
            return Answer<Message>.Of(message, "Posted already");
        return Answer<Message>.Created(message, "Posted", $"/api/v1/chat/dm/{id}?around={message.Seq}");
    }
}

[JsonSerializable(typeof(WriteDirectly.Request))]
internal sealed partial class WriteDirectlyJson : JsonSerializerContext;

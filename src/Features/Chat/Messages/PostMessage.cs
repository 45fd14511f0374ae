using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;
using static Veza.Permissions;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// Posts a message. 201 means that it is committed; the same client_id posts once and answers 200 with the message that
/// is there.
/// </summary>
internal sealed class PostMessage(MessagePosts posts) : Slice<PostMessage.Request, Message>
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
        Post("/rooms/{id}/messages");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatWrite)
                .Described(
                    "Post a message",
                    Message.Example,
                    new Request(
                        default,
                        "c0ffee01-0001",
                        "Listen to the second verse",
                        null,
                        null,
                        Message.Example.TrackPosition
                    ),
                    StatusCodes.Status201Created,
                    Errors.Validation,
                    ChatReads.RoomNotFound,
                    ChatErrors.NotAMember,
                    ChatErrors.MessageNotFound,
                    Errors.ClientIdReused,
                    ChatErrors.AttachmentNotFound,
                    ChatErrors.Muted,
                    ChatErrors.SlowMode,
                    ChatErrors.DirectBlocked,
                    ChatErrors.RoomBusy
                )
        );
    }

    public override async Task<Answer<Message>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var (row, added, error) = await posts.Post(
            request.Id,
            new Draft(request.ClientId, request.Content, request.ReplyTo, request.TrackPosition, request.Attachments),
            Caller,
            ct
        );
        if (row is null)
            return error!;
        var message = row.ForCaller();
        if (!added)
            return Answer<Message>.Of(message, "Posted already");
        return Answer<Message>.Created(
            message,
            "Posted",
            $"/api/v1/chat/rooms/{request.Id}/messages?around={message.Seq}"
        );
    }
}

[JsonSerializable(typeof(PostMessage.Request))]
internal sealed partial class PostMessageJson : JsonSerializerContext;

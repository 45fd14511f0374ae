using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// Posts a message. 201 means that it is committed; the same client_id posts once and answers 200 with the message that
/// is there.
/// </summary>
internal static class PostMessage
{
    internal sealed record Request(
        string? ClientId,
        string? Content,
        Guid? ReplyTo,
        Guid[]? Attachments,
        TrackPosition? TrackPosition
    );

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/api/v1/chat/rooms/{id}/messages", Handle)
            .WithName("PostMessage")
            .Requires(Permissions.ChatWrite)
            .Documented(
                "Chat",
                "Post a message",
                Message.Example,
                new Request("c0ffee01-0001", "Listen to the second verse", null, null, Message.Example.TrackPosition),
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
            );

    private static async Task<Answer<Message>> Handle(
        Guid id,
        Request request,
        Caller caller,
        MessagePosts posts,
        CancellationToken ct
    )
    {
        var (row, added, error) = await posts.Post(
            id,
            new Draft(request.ClientId, request.Content, request.ReplyTo, request.TrackPosition, request.Attachments),
            caller,
            ct
        );
        if (row is null)
            return error!;
        var message = row.ForCaller();
        if (!added)
            return Answer<Message>.Of(message, "Posted already");
        return Answer<Message>.Created(message, "Posted", $"/api/v1/chat/rooms/{id}/messages?around={message.Seq}");
    }
}

[JsonSerializable(typeof(PostMessage.Request))]
internal sealed partial class PostMessageJson : JsonSerializerContext;

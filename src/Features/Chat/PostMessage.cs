using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat;

/// <summary>Posts a message. 201 means that it is committed; the same client_id posts once and answers 200 with the message that is there.</summary>
internal static class PostMessage
{
    internal sealed record Request(string? ClientId, string? Content, Guid? ReplyTo, string[]? Attachments, TrackPosition? TrackPosition);

    internal static void Endpoint(IEndpointRouteBuilder routes) => routes.MapPost("/api/v1/chat/rooms/{id}/messages", Handle).WithName("PostMessage").Requires(Permissions.ChatWrite)
        .Documented("Chat", "Post a message", Message.Example, new Request("c0ffee01-0001", "Listen to the second verse", null, null, Message.Example.TrackPosition), StatusCodes.Status201Created,
            Errors.Validation, Errors.RoomNotFound, Errors.NotAMember, Errors.MessageNotFound, Errors.ClientIdReused, Errors.AttachmentsUnavailable);

    private static async Task<Answer<Message>> Handle(Guid id, Request request, Caller caller, MessageLog messages, RoomFeeds feeds, CancellationToken ct)
    {
        if (request.Attachments is { Length: > 0 }) return Errors.AttachmentsUnavailable;
        var (message, added, error) = await messages.Append(id, new Draft(request.ClientId, request.Content, request.ReplyTo, request.TrackPosition), caller, ct);
        if (message is null) return error!;
        if (!added) return Answer<Message>.Of(message, "Posted already");
        await feeds.Publish(RoomNews.Message, id, message.Seq, caller.UserId, Frames.Created(message));
        return Answer<Message>.Created(message, "Posted", $"/api/v1/chat/rooms/{id}/messages?around={message.Seq}");
    }
}

[JsonSerializable(typeof(PostMessage.Request))]
internal sealed partial class PostMessageJson : JsonSerializerContext;

using System.Globalization;
using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// Changes what the caller's own message says, while they are in the room. With If-Match, only if no other device
/// edited it since.
/// </summary>
internal static class EditMessage
{
    internal sealed record Request(string? Content);

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPut("/api/v1/chat/messages/{id}", Handle)
            .WithName("EditMessage")
            .Requires(Permissions.ChatWrite)
            .Documented(
                "Chat",
                "Edit a message",
                Message.Example,
                new Request("Listen to the third verse"),
                errors:
                [
                    Errors.Validation,
                    ChatErrors.MessageNotFound,
                    ChatErrors.NotAMember,
                    ChatErrors.MessageForbidden,
                    ChatErrors.Muted,
                    ChatErrors.MessageDeleted,
                    ChatErrors.TooManyEdits,
                    Errors.PreconditionFailed,
                ]
            );

    private static async Task<Answer<Message>> Handle(
        Guid id,
        Request request,
        HttpContext http,
        Caller caller,
        MessageEdits edits,
        CancellationToken ct
    )
    {
        if (!MessageTag.TryRead(http.Request, out var expected))
            return Errors.PreconditionFailed;
        var (message, error) = await edits.Edit(id, request.Content, expected, caller, ct);
        return message is null ? error! : Answer<Message>.Of(message, "Edited");
    }
}

/// <summary>
/// What an If-Match names of a message: how often it was edited, as in "e2". Reactions and pins change nothing in it,
/// so they are in nobody's way.
/// </summary>
internal static class MessageTag
{
    /// <summary>
    /// The number of edits that an If-Match expects, or null without one. False when it names what is no tag of a
    /// message.
    /// </summary>
    internal static bool TryRead(HttpRequest request, out int? expected)
    {
        expected = null;
        var tags = request.GetTypedHeaders().IfMatch;
        if (
            request.Headers.IfMatch.Count == 0
            || tags.Any(tag => tag == Microsoft.Net.Http.Headers.EntityTagHeaderValue.Any)
        )
            return true;
        foreach (var tag in tags)
            if (
                tag.Tag.Value is ['"', 'e', .. var digits, '"']
                && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var edits)
            )
                expected = edits;
        return expected is not null;
    }
}

[JsonSerializable(typeof(EditMessage.Request))]
internal sealed partial class EditMessageJson : JsonSerializerContext;

using System.Globalization;
using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;
using static Veza.Permissions;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// Changes what the caller's own message says, while they are in the room. With If-Match, only if no other device
/// edited it since.
/// </summary>
internal sealed class EditMessage(MessageEdits edits) : Slice<EditMessage.Request, Message>
{
    internal sealed record Request([property: JsonIgnore] Guid Id, string? Content);

    public override void Configure()
    {
        Put("/messages/{id}");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatWrite)
                .Described(
                    "Edit a message",
                    Message.Example,
                    new Request(default, "Listen to the third verse"),
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
                )
        );
    }

    public override async Task<Answer<Message>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (!MessageTag.TryRead(HttpContext.Request, out var expected))
            return Errors.PreconditionFailed;
        var (message, error) = await edits.Edit(request.Id, request.Content, expected, Caller, ct);
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

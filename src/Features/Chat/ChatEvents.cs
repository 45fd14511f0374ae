using System.Text.Json.Serialization;
using Veza.Infrastructure.Events;

namespace Veza.Features.Chat;

/// <summary>
/// What happened here that concerns other rooms. Triggers write it, so that it is in the statement of
/// its cause, whatever code that is.
/// </summary>
internal static class ChatEvents
{
    /// <summary>
    /// A message of which somebody may want to be told: it is direct, names people or everybody, or somebody hears
    /// everything in its room. Told again when it is edited and names more. The subject is the message.
    /// </summary>
    internal sealed record MessagePosted(Guid MessageId, Guid RoomId, Guid[] Mentions, bool CallsAll = false);

    /// <summary>The subject is the message.</summary>
    internal sealed record MessageDeleted(Guid MessageId, Guid RoomId);

    /// <summary>
    /// Somebody is no member any more: they left, were removed, or the room is gone. The subject is the person.
    /// </summary>
    internal sealed record MemberGone(Guid AccountId, Guid RoomId);

    internal static readonly EventKind<MessagePosted> Posted = new(
        "chat_message_posted",
        ChatEventsJson.Default.MessagePosted
    );

    internal static readonly EventKind<MessageDeleted> Deleted = new(
        "chat_message_deleted",
        ChatEventsJson.Default.MessageDeleted
    );

    internal static readonly EventKind<MemberGone> Left = new("chat_member_gone", ChatEventsJson.Default.MemberGone);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ChatEvents.MessagePosted))]
[JsonSerializable(typeof(ChatEvents.MessageDeleted))]
[JsonSerializable(typeof(ChatEvents.MemberGone))]
internal sealed partial class ChatEventsJson : JsonSerializerContext;

using System.Text.Json;
using System.Text.Json.Serialization;
using Veza.Infrastructure.Jobs;

namespace Veza.Features.Chat;

/// <summary>
/// What happened here that concerns other rooms: jobs for whoever owns the consequence, who adds what runs them.
/// Triggers write them (Schema/0070_chat_events.sql), so that they are in the statement of their cause, whatever code that is.
/// </summary>
internal static class ChatEvents
{
    /// <summary>
    /// A message of which somebody may want to be told: it is direct, names people or everybody, or somebody hears
    /// everything in its room.
    /// </summary>
    internal sealed record MessagePosted(Guid MessageId, Guid RoomId, Guid[] Mentions, bool CallsAll = false)
    {
        internal static MessagePosted Read(string payload) =>
            JsonSerializer.Deserialize(payload, ChatEventsJson.Default.MessagePosted)!;
    }

    internal sealed record MessageDeleted(Guid MessageId, Guid RoomId)
    {
        internal static MessageDeleted Read(string payload) =>
            JsonSerializer.Deserialize(payload, ChatEventsJson.Default.MessageDeleted)!;
    }

    /// <summary>Somebody is no member any more: they left, were removed, or the room is gone.</summary>
    internal sealed record MemberGone(Guid AccountId, Guid RoomId)
    {
        internal static MemberGone Read(string payload) =>
            JsonSerializer.Deserialize(payload, ChatEventsJson.Default.MemberGone)!;
    }

    internal const int AttemptsMax = 10;

    internal static readonly JobKind Posted = Kind("chat_message_posted"),
        Deleted = Kind("chat_message_deleted"),
        Left = Kind("chat_member_gone");

    private static JobKind Kind(string name) =>
        new(name, AttemptsMax, _ => throw new InvalidOperationException("The room of the consequence runs this job."))
        {
            IsBrief = true,
        };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ChatEvents.MessagePosted))]
[JsonSerializable(typeof(ChatEvents.MessageDeleted))]
[JsonSerializable(typeof(ChatEvents.MemberGone))]
internal sealed partial class ChatEventsJson : JsonSerializerContext;

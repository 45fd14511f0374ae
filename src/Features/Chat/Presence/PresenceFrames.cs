using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Veza.Features.Chat.Rooms;
using Veza.Infrastructure.Http;

namespace Veza.Features.Chat.Presence;

/// <summary>
/// How somebody is there, as a client reads it; the text and its end are left out where there are none.
/// </summary>
internal sealed record PresenceEntry(
    Guid UserId,
    string Status,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Text,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTime? TextUntil
)
{
    internal static readonly PresenceEntry Example = new(
        Room.Example.OwnerId!.Value,
        "online",
        "🎧 mixing",
        new DateTime(2026, 3, 1, 20, 0, 0, DateTimeKind.Utc)
    );
}

/// <summary>What <see cref="PresenceFrames"/> puts together of entries that are written already.</summary>
internal sealed record PresenceFrame(string Type, PresenceEntry[] People);

/// <summary>
/// The frames of presence: an entry is written once, however many connections it goes to; a frame is a list of them.
/// </summary>
internal static class PresenceFrames
{
    private static readonly PresenceJson Json = new(
        new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            Converters = { new UtcTimeConverter() },
        }
    );

    internal static byte[] Entry(SeenPerson person, PresenceStatus presence) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new PresenceEntry(person.Id, NameOf(presence), person.Text, person.TextUntil),
            Json.PresenceEntry
        );

    /// <summary>Of whom nothing is to be seen any more.</summary>
    internal static byte[] Gone(Guid userId) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new PresenceEntry(userId, NameOf(PresenceStatus.Offline), null, null),
            Json.PresenceEntry
        );

    internal static byte[] Of(IReadOnlyList<byte[]> entries)
    {
        using var frame = new MemoryStream();
        frame.Write("{\"type\":\"presence\",\"people\":["u8);
        for (var i = 0; i < entries.Count; i++)
        {
            if (i > 0)
                frame.WriteByte((byte)',');
            frame.Write(entries[i]);
        }

        frame.Write("]}"u8);
        return frame.ToArray();
    }

    internal static string NameOf(PresenceStatus presence) =>
        presence switch
        {
            PresenceStatus.Away => "away",
            PresenceStatus.Online => "online",
            PresenceStatus.Busy => "busy",
            PresenceStatus.Invisible => "invisible",
            PresenceStatus.Unknown => "unknown",
            _ => "offline",
        };

    /// <summary>What a person may say that they are.</summary>
    internal static PresenceStatus? Read(string? name) =>
        name switch
        {
            "away" => PresenceStatus.Away,
            "online" => PresenceStatus.Online,
            "busy" => PresenceStatus.Busy,
            "invisible" => PresenceStatus.Invisible,
            _ => null,
        };
}

[JsonSerializable(typeof(PresenceEntry))]
internal sealed partial class PresenceJson : JsonSerializerContext;

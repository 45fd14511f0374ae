using System.Buffers.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Texts;
using UserCard = Veza.Features.Users.UsersReads.UserCard;

namespace Veza.Features.Notifications.Pushes;

/// <summary>
/// What a device is told. <c>type</c> is <c>message</c> or <c>withdraw</c>; <c>tag</c> is that of the notification to
/// show or close.
/// </summary>
internal sealed record PushContent(
    string Type,
    string Tag,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Guid? NotificationId = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Kind = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Unread = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] PushedRoom? Room = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] UserCard? Author = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Guid? MessageId = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Seq = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Content = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTime? CreatedAt = null
);

internal sealed record PushedRoom(Guid Id, string Name);

/// <summary>
/// A push as its sender takes it. The topic is the notification's, so that a push service keeps only the latest for a
/// device that is away.
/// </summary>
internal sealed record PushNote(string Topic, int TtlS, string Urgency, PushContent Content)
{
    private static readonly PushNoteJson Json = new(
        new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            Converters = { new UtcTimeConverter() },
        }
    );

    internal static PushNote Showing(Guid notificationId, PushState state, int ttlS)
    {
        var topic = TopicOf(notificationId);
        var urgency = state.Kind == "message" ? "normal" : "high";
        var content = new PushContent("message", topic, notificationId, state.Kind, state.Unread);
        // Without previews a device learns that there is something, and no more.
        return new PushNote(
            topic,
            ttlS,
            urgency,
            !state.Previews
                ? content
                : content with
                {
                    Room = new PushedRoom(state.RoomId, Cut(state.RoomName!, NotificationsLimits.PushedNameBytesMax)),
                    MessageId = state.MessageId,
                    Seq = state.Seq,
                    CreatedAt = state.CreatedAt,
                    Content = Cut(state.Content!, NotificationsLimits.PushedBytesMax),
                    Author = state.Username is null
                        ? null
                        : new UserCard(
                            state.AuthorId,
                            state.Username,
                            Cut(state.DisplayName!, NotificationsLimits.PushedNameBytesMax),
                            state.AvatarUrl
                        ),
                }
        );
    }

    internal static PushNote TakingBack(Guid notificationId, PushState state, int ttlS)
    {
        var topic = TopicOf(notificationId);
        return new PushNote(
            topic,
            ttlS,
            state.Kind == "message" ? "normal" : "high",
            new PushContent("withdraw", topic)
        );
    }

    internal byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(Content, Json.PushContent);

    /// <summary>
    /// 22 characters of base64url: it says nothing to a push service, and no two people have the same.
    /// </summary>
    internal static string TopicOf(Guid notificationId) =>
        Base64Url.EncodeToString(notificationId.ToByteArray(bigEndian: true));

    /// <summary>
    /// As many whole characters as fit, as JSON writes them: an escape may be three times as long as its character.
    /// </summary>
    private static string Cut(string text, int bytesMax)
    {
        var cut = TextCut.To(text, bytesMax, Bytes);
        return cut.Length < text.Length ? cut + "…" : cut;

        static int Bytes(ReadOnlySpan<char> character)
        {
            var bytes = 0;
            foreach (var rune in character.EnumerateRunes())
                bytes += JavaScriptEncoder.UnsafeRelaxedJsonEscaping.WillEncode(rune.Value)
                    ? EscapeBytes * rune.Utf16SequenceLength
                    : rune.Utf8SequenceLength;
            return bytes;
        }
    }

    private const int EscapeBytes = 6;
}

[JsonSerializable(typeof(PushContent))]
internal sealed partial class PushNoteJson : JsonSerializerContext;

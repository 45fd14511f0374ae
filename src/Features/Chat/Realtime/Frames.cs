using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Veza.Features.Chat.Messages;
using Veza.Features.Chat.Presence;
using Veza.Features.Chat.Rooms;
using Veza.Infrastructure.Http;

namespace Veza.Features.Chat.Realtime;

/// <summary>Whatever a client may send; which members count depends on the type.</summary>
internal sealed record ClientFrame(
    string? Type,
    string? Ref,
    Guid? RoomId,
    long? AfterSeq,
    long? AfterChange,
    string? ClientId,
    string? Content,
    Guid? ReplyTo,
    TrackPosition? TrackPosition,
    bool? On,
    Guid[]? Attachments,
    Guid? MessageId,
    int? Edits,
    long? Seq,
    bool? Unread
)
{
    public string? Status { get; init; }

    public string? Text { get; init; }

    public DateTime? Until { get; init; }

    public Guid[]? UserIds { get; init; }
}

/// <summary>
/// A request was done. A posted message comes with it, a subscription with the seq and the change from which it is
/// live.
/// </summary>
internal sealed record AckFrame(
    string Type,
    string? Ref,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Guid? RoomId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? LastSeq,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? LastChange,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Message? Message
);

/// <summary>A request was not done; where waiting helps it says for how long.</summary>
internal sealed record ErrorFrame(
    string Type,
    string? Ref,
    string ErrorCode,
    string Message,
    FieldError[] Errors,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? RetryAfterS
);

internal sealed record MessageFrame(string Type, Message Message);

/// <summary>Somebody reacted or took it back; who, only for those who see them.</summary>
internal sealed record ReactionFrame(
    string Type,
    Guid RoomId,
    Guid MessageId,
    long Seq,
    string Emoji,
    Guid? UserId,
    bool Added,
    int Count,
    long Change
);

internal sealed record ReadFrame(string Type, Guid RoomId, Guid UserId, long Seq);

internal sealed record ResumedFrame(string Type, Guid RoomId, bool Recovered, long FromSeq, long ToSeq);

internal sealed record TypingFrame(
    string Type,
    Guid RoomId,
    Guid UserId,
    string Username,
    bool On,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? ExpiresInMs
);

/// <summary>Somebody came or went; <c>cause</c> is left, kicked or banned.</summary>
internal sealed record MemberFrame(
    string Type,
    Guid RoomId,
    Guid UserId,
    string Username,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Cause
);

/// <summary>Somebody's role or mute has changed.</summary>
internal sealed record MemberUpdatedFrame(
    string Type,
    Guid RoomId,
    Guid UserId,
    string Username,
    string Role,
    bool Muted,
    DateTime? MutedUntil
);

/// <summary>What everybody in a room sees alike of it.</summary>
internal sealed record RoomFacts(
    Guid Id,
    string Name,
    string Topic,
    string Visibility,
    Guid? OwnerId,
    int SlowModeS,
    DateTime UpdatedAt
);

internal sealed record RoomFrame(string Type, RoomFacts Room);

/// <summary>Something happened to a room; what it is now is read over HTTP.</summary>
internal sealed record RoomSignFrame(string Type, Guid RoomId);

internal sealed record NoticeFrame(string Type, string Code, string Message, int? ReconnectAfterMs);

/// <summary>Frames as bytes: UTF-8 JSON, serialized once, however many sockets they go to.</summary>
internal static class Frames
{
    internal static readonly FrameJson Json = new(
        new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            Converters = { new UtcTimeConverter(), new WellFormedText() },
            DefaultIgnoreCondition = JsonIgnoreCondition.Never,
            AllowDuplicateProperties = false,
            MaxDepth = 16,
        }
    );

    internal static ClientFrame? Read(ReadOnlySpan<byte> text) => JsonSerializer.Deserialize(text, Json.ClientFrame);

    internal static byte[] Ack(
        string? reference,
        Guid? roomId = null,
        RoomPlace? place = null,
        Message? message = null
    ) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new AckFrame("ack", reference, roomId, place?.Seq, place?.Change, message),
            Json.AckFrame
        );

    internal static byte[] Error(string? reference, Error error) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new ErrorFrame("error", reference, error.Code, error.Message, error.Fields, error.RetryAfterS),
            Json.ErrorFrame
        );

    internal static byte[] Created(Message message) =>
        JsonSerializer.SerializeToUtf8Bytes(new MessageFrame("message.created", message), Json.MessageFrame);

    internal static byte[] Changed(Message message) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new MessageFrame(message.DeletedAt is null ? "message.updated" : "message.deleted", message),
            Json.MessageFrame
        );

    internal static byte[] Reacted(MessageRow row, string emoji, Guid? userId, bool added, int count) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new ReactionFrame("reaction.changed", row.RoomId, row.Id, row.Seq, emoji, userId, added, count, row.Change),
            Json.ReactionFrame
        );

    internal static byte[] ReadUpTo(Guid roomId, Guid userId, long seq) =>
        JsonSerializer.SerializeToUtf8Bytes(new ReadFrame("read", roomId, userId, seq), Json.ReadFrame);

    internal static byte[] Resumed(Guid roomId, bool recovered, long fromSeq, long toSeq) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new ResumedFrame("resumed", roomId, recovered, fromSeq, toSeq),
            Json.ResumedFrame
        );

    /// <summary>Shown for so long; null ends it.</summary>
    internal static byte[] Typing(Guid roomId, Guid userId, string username, TimeSpan? shownFor) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new TypingFrame(
                "typing",
                roomId,
                userId,
                username,
                shownFor is not null,
                (long?)shownFor?.TotalMilliseconds
            ),
            Json.TypingFrame
        );

    internal static byte[] Member(string type, Guid roomId, Guid userId, string username, string? cause = null) =>
        JsonSerializer.SerializeToUtf8Bytes(new MemberFrame(type, roomId, userId, username, cause), Json.MemberFrame);

    internal static byte[] Member(Guid roomId, RoomMember member) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new MemberUpdatedFrame(
                "member.updated",
                roomId,
                member.Id,
                member.Username,
                member.Role,
                member.Muted,
                member.MutedUntil
            ),
            Json.MemberUpdatedFrame
        );

    internal static byte[] Room(Room room) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new RoomFrame(
                "room.updated",
                new RoomFacts(
                    room.Id,
                    room.Name,
                    room.Topic,
                    room.Visibility,
                    room.OwnerId,
                    room.SlowModeS,
                    room.UpdatedAt
                )
            ),
            Json.RoomFrame
        );

    internal static byte[] RoomDeleted(Guid roomId) => RoomSign("room.deleted", roomId);

    internal static byte[] RoomEntered(Guid roomId) => RoomSign("room.entered", roomId);

    internal static byte[] Invited(Guid roomId) => RoomSign("invite.created", roomId);

    internal static byte[] Notice(string code, string message, int? reconnectAfterMs) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new NoticeFrame("notice", code, message, reconnectAfterMs),
            Json.NoticeFrame
        );

    private static byte[] RoomSign(string type, Guid roomId) =>
        JsonSerializer.SerializeToUtf8Bytes(new RoomSignFrame(type, roomId), Json.RoomSignFrame);

    /// <summary>
    /// The reference of a frame whose members have wrong types, so that the client knows which request failed.
    /// </summary>
    internal static string? ReferenceOf(ReadOnlyMemory<byte> text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return
                document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("ref", out var reference)
                && reference.ValueKind == JsonValueKind.String
                ? reference.GetString()
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // No JSON, or half a surrogate pair, which no text can hold.
            return null;
        }
    }
}

[JsonSerializable(typeof(ClientFrame))]
[JsonSerializable(typeof(AckFrame))]
[JsonSerializable(typeof(ErrorFrame))]
[JsonSerializable(typeof(MessageFrame))]
[JsonSerializable(typeof(ReactionFrame))]
[JsonSerializable(typeof(ReadFrame))]
[JsonSerializable(typeof(ResumedFrame))]
[JsonSerializable(typeof(TypingFrame))]
[JsonSerializable(typeof(PresenceFrame))]
[JsonSerializable(typeof(MemberFrame))]
[JsonSerializable(typeof(MemberUpdatedFrame))]
[JsonSerializable(typeof(RoomFrame))]
[JsonSerializable(typeof(RoomSignFrame))]
[JsonSerializable(typeof(NoticeFrame))]
internal sealed partial class FrameJson : JsonSerializerContext;

using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;

namespace Veza.Features.Chat;

/// <summary>Whatever a client may send; which members count depends on the type.</summary>
internal sealed record ClientFrame(
    string? Type, string? Ref, Guid? RoomId, long? AfterSeq, string? ClientId, string? Content, Guid? ReplyTo, TrackPosition? TrackPosition, bool? On);

/// <summary>A request was done. A posted message comes with it, a subscription with the seq from which it is live.</summary>
internal sealed record AckFrame(
    string Type, string? Ref,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Guid? RoomId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? LastSeq,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Message? Message);

internal sealed record ErrorFrame(string Type, string? Ref, string ErrorCode, string Message, FieldError[] Errors);

internal sealed record MessageFrame(string Type, Message Message);

internal sealed record ResumedFrame(string Type, Guid RoomId, bool Recovered, long FromSeq, long ToSeq);

internal sealed record TypingFrame(string Type, Guid RoomId, Guid UserId, string Username, bool On);

internal sealed record MemberFrame(string Type, Guid RoomId, Guid UserId, string Username);

internal sealed record NoticeFrame(string Type, string Code, string Message, int? ReconnectAfterMs);

/// <summary>Frames as bytes: UTF-8 JSON, serialized once, however many sockets they go to.</summary>
internal static class Frames
{
    private static readonly FrameJson Json = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new UtcTimeConverter() },
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
        AllowDuplicateProperties = false,
        MaxDepth = 16,
    });

    internal static ClientFrame? Read(ReadOnlySpan<byte> text) => JsonSerializer.Deserialize(text, Json.ClientFrame);

    internal static byte[] Ack(string? reference, Guid? roomId = null, long? lastSeq = null, Message? message = null) =>
        JsonSerializer.SerializeToUtf8Bytes(new AckFrame("ack", reference, roomId, lastSeq, message), Json.AckFrame);

    internal static byte[] Error(string? reference, Error error) =>
        JsonSerializer.SerializeToUtf8Bytes(new ErrorFrame("error", reference, error.Code, error.Message, error.Fields), Json.ErrorFrame);

    internal static byte[] Created(Message message) => JsonSerializer.SerializeToUtf8Bytes(new MessageFrame("message.created", message), Json.MessageFrame);

    internal static byte[] Resumed(Guid roomId, bool recovered, long fromSeq, long toSeq) =>
        JsonSerializer.SerializeToUtf8Bytes(new ResumedFrame("resumed", roomId, recovered, fromSeq, toSeq), Json.ResumedFrame);

    internal static byte[] Typing(Guid roomId, Guid userId, string username, bool on) =>
        JsonSerializer.SerializeToUtf8Bytes(new TypingFrame("typing", roomId, userId, username, on), Json.TypingFrame);

    internal static byte[] Member(string type, Guid roomId, Guid userId, string username) =>
        JsonSerializer.SerializeToUtf8Bytes(new MemberFrame(type, roomId, userId, username), Json.MemberFrame);

    internal static byte[] Notice(string code, string message, int? reconnectAfterMs) =>
        JsonSerializer.SerializeToUtf8Bytes(new NoticeFrame("notice", code, message, reconnectAfterMs), Json.NoticeFrame);

    /// <summary>The reference of a frame whose members have wrong types, so that the client knows which request failed.</summary>
    internal static string? ReferenceOf(ReadOnlyMemory<byte> text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("ref", out var reference) && reference.ValueKind == JsonValueKind.String
                ? reference.GetString()
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSerializable(typeof(ClientFrame))]
[JsonSerializable(typeof(AckFrame))]
[JsonSerializable(typeof(ErrorFrame))]
[JsonSerializable(typeof(MessageFrame))]
[JsonSerializable(typeof(ResumedFrame))]
[JsonSerializable(typeof(TypingFrame))]
[JsonSerializable(typeof(MemberFrame))]
[JsonSerializable(typeof(NoticeFrame))]
internal sealed partial class FrameJson : JsonSerializerContext;

using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// Says that the caller has read a room up to a seq, or, with <c>unread</c>, that this message and what follows count
/// as unread again.
/// </summary>
internal static class MarkRead
{
    internal sealed record Request(long? Seq, bool? Unread);

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPut("/api/v1/chat/rooms/{id}/read", Handle)
            .WithName("MarkRead")
            .Requires(Permissions.ChatWrite)
            .Documented(
                "Chat",
                "Mark a room as read, or as unread from a message on",
                ReadMark.Example,
                new Request(40, null),
                errors: [Errors.Validation, ChatReads.RoomNotFound, ChatErrors.NotAMember]
            );

    private static async Task<Answer<ReadMark>> Handle(
        Guid id,
        Request request,
        Caller caller,
        ReadMarks marks,
        CancellationToken ct
    )
    {
        var (mark, error) = await marks.Set(id, request.Seq, request.Unread ?? false, caller, ct);
        return mark is null ? error! : mark;
    }
}

[JsonSerializable(typeof(MarkRead.Request))]
[JsonSerializable(typeof(Envelope<ReadMark>))]
[JsonSerializable(typeof(Envelope<ReadMark[]>))]
internal sealed partial class MarkReadJson : JsonSerializerContext;

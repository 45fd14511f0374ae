using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;
using static Veza.Permissions;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// Says that the caller has read a room up to a seq, or, with <c>unread</c>, that this message and what follows count
/// as unread again.
/// </summary>
internal sealed class MarkRead(ReadMarks marks) : Slice<MarkRead.Request, ReadMark>
{
    internal sealed record Request([property: JsonIgnore] Guid Id, long? Seq, bool? Unread);

    public override void Configure()
    {
        Put("/rooms/{id}/read");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatWrite)
                .Described(
                    "Mark a room as read, or as unread from a message on",
                    ReadMark.Example,
                    new Request(default, 40, null),
                    errors: [Errors.Validation, ChatReads.RoomNotFound, ChatErrors.NotAMember]
                )
        );
    }

    public override async Task<Answer<ReadMark>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var (mark, error) = await marks.Set(request.Id, request.Seq, request.Unread ?? false, Caller, ct);
        return mark is null ? error! : mark;
    }
}

[JsonSerializable(typeof(MarkRead.Request))]
[JsonSerializable(typeof(Envelope<ReadMark>))]
[JsonSerializable(typeof(Envelope<ReadMark[]>))]
internal sealed partial class MarkReadJson : JsonSerializerContext;

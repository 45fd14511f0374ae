using Veza.Features.Chat.Realtime;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Messages;

/// <summary>What a socket may ask for about messages that are there: edit, delete, read.</summary>
internal sealed class MessageActs(MessageEdits edits, MessageDeletion deletion, ReadMarks marks)
{
    internal async Task<byte[]> Do(ClientFrame frame, Caller caller, CancellationToken ct)
    {
        if (!caller.May(Permissions.ChatWrite))
            return Frames.Error(frame.Ref, Errors.ScopeMissing);
        if (frame.Type == "read")
        {
            if (frame.RoomId is not { } roomId)
                return Missing(frame, "room_id");
            var (mark, refused) = await marks.Set(roomId, frame.Seq, frame.Unread ?? false, caller, ct);
            return mark is null ? Frames.Error(frame.Ref, refused!) : Frames.Ack(frame.Ref, roomId);
        }

        if (frame.MessageId is not { } id)
            return Missing(frame, "message_id");
        var (message, error) =
            frame.Type == "message.edit"
                ? await edits.Edit(id, frame.Content, frame.Edits, caller, ct)
                : await deletion.Delete(id, caller, ct);
        return message is null
            ? Frames.Error(frame.Ref, error!)
            : Frames.Ack(frame.Ref, message.RoomId, message: message);
    }

    private static byte[] Missing(ClientFrame frame, string name) =>
        Frames.Error(frame.Ref, Errors.Validation.With(new FieldError(name, "REQUIRED", $"{name} is required")));
}

using Veza.Features.Chat.Rooms;
using Veza.Infrastructure.Http;
using static Veza.Permissions;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// A room's history by seq, see <see cref="HistoryPart"/>. Members read; a public room is read by everybody who is
/// signed in and not banned from it.
/// </summary>
internal sealed class ListMessages(MessageLog messages, RoomAccess access) : Slice<ListMessages.Request, Message[]>
{
    internal sealed record Request(
        Guid Id,
        int? Limit,
        long? Before,
        long? After,
        long? Around,
        string? At,
        string? Cursor
    );

    public override void Configure()
    {
        Get("/rooms/{id}/messages");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatRead)
                .Described(
                    "List a room's messages",
                    new[] { Message.Example },
                    errors: [Errors.Validation, ChatReads.RoomNotFound, ChatErrors.Banned]
                )
        );
    }

    public override async Task<Answer<Message[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (
            HistoryPart.Read(
                request.Limit,
                request.Before,
                request.After,
                request.Around,
                request.At,
                request.Cursor,
                out var part
            ) is
            { } refused
        )
            return refused;
        return await access.RefuseHistory(request.Id, Caller, ct) is { } forbidden
            ? forbidden
            : await part.Of(request.Id, messages, Caller, ct);
    }
}

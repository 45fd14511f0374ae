using Veza.Features.Chat.Rooms;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// A room's history by seq, see <see cref="HistoryPart"/>. Members read; a public room is read by everybody who is
/// signed in and not banned from it.
/// </summary>
internal static class ListMessages
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/chat/rooms/{id}/messages", Handle)
            .WithName("ListMessages")
            .Requires(Permissions.ChatRead)
            .Documented(
                "Chat",
                "List a room's messages",
                new[] { Message.Example },
                errors: [Errors.Validation, ChatReads.RoomNotFound, ChatErrors.Banned]
            );

    private static async Task<Answer<Message[]>> Handle(
        Guid id,
        int? limit,
        long? before,
        long? after,
        long? around,
        string? at,
        string? cursor,
        Caller caller,
        MessageLog messages,
        RoomAccess access,
        CancellationToken ct
    )
    {
        if (HistoryPart.Read(limit, before, after, around, at, cursor, out var part) is { } refused)
            return refused;
        return await access.RefuseHistory(id, caller, ct) is { } forbidden
            ? forbidden
            : await part.Of(id, messages, caller, ct);
    }
}

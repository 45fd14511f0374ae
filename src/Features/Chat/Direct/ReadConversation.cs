using Veza.Features.Chat.Messages;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Chat.Direct;

/// <summary>
/// The history of the caller's conversation with a person, or with themselves; empty when nothing was said yet.
/// </summary>
internal static class ReadConversation
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/chat/dm/{id}", Handle)
            .WithName("ReadConversation")
            .Requires(Permissions.ChatRead)
            .Documented(
                "Chat",
                "Show a direct conversation",
                new[] { Message.Example },
                errors: [Errors.Validation, UsersReads.UserNotFound, ChatErrors.DirectBlocked]
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
        Conversations conversations,
        MessageLog messages,
        CancellationToken ct
    )
    {
        if (HistoryPart.Read(limit, before, after, around, at, cursor, out var part) is { } refused)
            return refused;
        var (roomId, forbidden) = await conversations.Find(id, caller, toWrite: false, ct);
        if (forbidden is not null)
            return forbidden;
        return roomId is { } room ? await part.Of(room, messages, caller, ct) : HistoryPart.Empty;
    }
}

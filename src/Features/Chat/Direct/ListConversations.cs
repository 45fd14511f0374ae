using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Direct;

/// <summary>
/// The caller's conversations with single people, those in which something was said last first. Where one blocks the
/// other there is none, until the block ends.
/// </summary>
internal static class ListConversations
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/chat/dm", Handle)
            .WithName("ListConversations")
            .Requires(Permissions.ChatRead)
            .Documented(
                "Chat",
                "List your direct conversations",
                new[] { Conversation.Example },
                errors: [Errors.Validation]
            );

    private static async Task<Answer<Conversation[]>> Handle(
        int? limit,
        string? cursor,
        Caller caller,
        Conversations conversations,
        CancellationToken ct
    )
    {
        if (CursorPage.Read(limit, cursor, CursorPage.NewestFirst, out var seek) is { } refused)
            return refused;
        return seek.Answer(
            await conversations.List(seek, caller, ct),
            conversation => (conversation.ActiveAt, conversation.RoomId)
        );
    }
}

using Veza.Infrastructure.Http;
using static Veza.Permissions;

namespace Veza.Features.Chat.Direct;

/// <summary>
/// The caller's conversations with single people, those in which something was said last first. Where one blocks the
/// other there is none, until the block ends.
/// </summary>
internal sealed class ListConversations(Conversations conversations) : Slice<ListConversations.Request, Conversation[]>
{
    internal sealed record Request(int? Limit, string? Cursor);

    public override void Configure()
    {
        Get("/dm");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatRead)
                .Described(
                    "List your direct conversations",
                    new[] { Conversation.Example },
                    errors: [Errors.Validation]
                )
        );
    }

    public override async Task<Answer<Conversation[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (CursorPage.Read(request.Limit, request.Cursor, CursorPage.NewestFirst, out var seek) is { } refused)
            return refused;
        return seek.Answer(
            await conversations.List(seek, Caller, ct),
            conversation => (conversation.ActiveAt, conversation.RoomId)
        );
    }
}

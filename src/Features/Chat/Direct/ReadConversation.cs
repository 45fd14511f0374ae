using Veza.Features.Chat.Messages;
using Veza.Infrastructure.Http;
using static Veza.Permissions;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Chat.Direct;

/// <summary>
/// The history of the caller's conversation with a person, or with themselves; empty when nothing was said yet.
/// </summary>
internal sealed class ReadConversation(Conversations conversations, MessageLog messages)
    : Slice<ReadConversation.Request, Message[]>
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
        Get("/dm/{id}");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatRead)
                .Described(
                    "Show a direct conversation",
                    new[] { Message.Example },
                    errors: [Errors.Validation, UsersReads.UserNotFound, ChatErrors.DirectBlocked]
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
        var (roomId, forbidden) = await conversations.Find(request.Id, Caller, toWrite: false, ct);
        if (forbidden is not null)
            return forbidden;
        return roomId is { } room ? await part.Of(room, messages, Caller, ct) : HistoryPart.Empty;
    }
}

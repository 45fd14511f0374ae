using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Messages;

/// <summary>One message as it is now, for whoever may read its room.</summary>
internal static class ShowMessage
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/chat/messages/{id}", Handle)
            .WithName("ShowMessage")
            .Requires(Permissions.ChatRead)
            .Documented("Chat", "Show a message", Message.Example, errors: ChatErrors.MessageNotFound);

    private static async Task<Answer<Message>> Handle(
        Guid id,
        Caller caller,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await LockedMessage.Read(db, id, caller) is { } message ? message : ChatErrors.MessageNotFound;
    }
}

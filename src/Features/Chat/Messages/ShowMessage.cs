using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Chat.Messages;

/// <summary>One message as it is now, for whoever may read its room.</summary>
internal sealed class ShowMessage(PostgresSource postgres) : Slice<ShowMessage.Request, Message>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Get("/messages/{id}");
        Group<ChatGroup>();
        Description(route =>
            route.Requires(ChatRead).Described("Show a message", Message.Example, errors: ChatErrors.MessageNotFound)
        );
    }

    public override async Task<Answer<Message>> ExecuteAsync(Request request, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await LockedMessage.Read(db, request.Id, Caller) is { } message ? message : ChatErrors.MessageNotFound;
    }
}

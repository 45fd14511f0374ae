using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// What a message said before, and what it says now, oldest first; for members who see it. Of a deleted one nothing is
/// left.
/// </summary>
[HotRead]
internal static class ListMessageRevisions
{
    internal sealed record Revision(int Number, string Content, DateTime WrittenAt);

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/chat/messages/{id}/revisions", Handle)
            .WithName("ListMessageRevisions")
            .Requires(Permissions.ChatRead)
            .Documented(
                "Chat",
                "List a message's earlier versions",
                new[] { new Revision(0, "Listen to the second verse", Message.Example.CreatedAt) },
                errors: [ChatErrors.MessageNotFound, ChatErrors.NotAMember]
            );

    private static async Task<Answer<Revision[]>> Handle(
        Guid id,
        Caller caller,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var sight = await LockedMessage.Look(db, id, caller);
        if (sight is not { IsRead: true })
            return ChatErrors.MessageNotFound;
        if (sight.Role is null)
            return ChatErrors.NotAMember;
        var rows = await db.QueryAsync<Revision>(
            """
            select number, content, written_at from message_revision where message_id = @id
             union all
            select edits, content, coalesce(edited_at, created_at) from message where id = @id and deleted_at is null
             order by number
            """,
            new { id }
        );
        return Answer<Revision[]>.Of([.. rows], "OK");
    }
}

[JsonSerializable(typeof(Envelope<ListMessageRevisions.Revision[]>))]
internal sealed partial class ListMessageRevisionsJson : JsonSerializerContext;

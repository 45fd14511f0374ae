using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// What a message said before, and what it says now, oldest first; for members who see it. Of a deleted one nothing is
/// left.
/// </summary>
[HotRead]
internal sealed class ListMessageRevisions(PostgresSource postgres)
    : Slice<ListMessageRevisions.Request, ListMessageRevisions.Revision[]>
{
    internal sealed record Request(Guid Id);

    internal sealed record Revision(int Number, string Content, DateTime WrittenAt);

    public override void Configure()
    {
        Get("/messages/{id}/revisions");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatRead)
                .Described(
                    "List a message's earlier versions",
                    new[] { new Revision(0, "Listen to the second verse", Message.Example.CreatedAt) },
                    errors: [ChatErrors.MessageNotFound, ChatErrors.NotAMember]
                )
        );
    }

    public override async Task<Answer<Revision[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var sight = await LockedMessage.Look(db, id, Caller);
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

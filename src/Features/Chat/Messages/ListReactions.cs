using System.Text.Json.Serialization;
using Dapper;
using Veza.Features.Chat.Rooms;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// Who reacted with an emoji, newest first; not those whom the caller blocks or is blocked by, though they count.
/// </summary>
[HotRead]
internal static class ListReactions
{
    internal sealed record Reacted(Guid Id, string Username, string DisplayName, string? AvatarUrl, DateTime ReactedAt);

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/chat/messages/{id}/reactions/{emoji}", Handle)
            .WithName("ListReactions")
            .Requires(Permissions.ChatRead)
            .Documented(
                "Chat",
                "List who reacted with an emoji",
                new[] { new Reacted(Room.Example.OwnerId!.Value, "mira", "Mira", null, Message.Example.CreatedAt) },
                errors: [Errors.Validation, ChatErrors.MessageNotFound]
            );

    private static async Task<Answer<Reacted[]>> Handle(
        Guid id,
        string emoji,
        int? limit,
        string? cursor,
        Caller caller,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
        if (Emoji.Read(emoji) is not { } read)
            return Errors.Validation.With(new FieldError("emoji", "INVALID_FORMAT", "emoji is one emoji"));
        if (CursorPage.Read(limit, cursor, CursorPage.NewestFirst, out var seek) is { } refused)
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        if (await LockedMessage.Look(db, id, caller) is not { IsRead: true })
            return ChatErrors.MessageNotFound;
        Reacted[] people =
        [
            .. await db.QueryAsync<Reacted>(
                $"""
                select a.id, a.username, a.display_name, a.avatar_url, r.created_at as reacted_at
                  from message_reaction r join account a on a.id = r.account_id
                 where r.message_id = @id and r.emoji = @read and (r.created_at, r.account_id) < (@Moment, @afterId)
                   and r.account_id not in ({UsersReads.BlockedBy} @UserId)
                 order by r.created_at desc, r.account_id desc limit @Take
                """,
                new
                {
                    id,
                    read,
                    caller.UserId,
                    seek.Moment,
                    afterId = seek.Id,
                    seek.Take,
                }
            ),
        ];
        return seek.Answer(people, person => (person.ReactedAt, person.Id));
    }
}

[JsonSerializable(typeof(Envelope<ListReactions.Reacted[]>))]
internal sealed partial class ListReactionsJson : JsonSerializerContext;

using System.Text.Json.Serialization;
using Dapper;
using Veza.Features.Chat.Rooms;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// Who reacted with an emoji, newest first; not those whom the caller blocks or is blocked by, though they count.
/// </summary>
[HotRead]
internal sealed class ListReactions(PostgresSource postgres) : Slice<ListReactions.Request, ListReactions.Reacted[]>
{
    internal sealed record Request(Guid Id, string Emoji, int? Limit, string? Cursor);

    internal sealed record Reacted(Guid Id, string Username, string DisplayName, string? AvatarUrl, DateTime ReactedAt);

    public override void Configure()
    {
        Get("/messages/{id}/reactions/{emoji}");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatRead)
                .Described(
                    "List who reacted with an emoji",
                    new[] { new Reacted(Room.Example.OwnerId!.Value, "mira", "Mira", null, Message.Example.CreatedAt) },
                    errors: [Errors.Validation, ChatErrors.MessageNotFound]
                )
        );
    }

    public override async Task<Answer<Reacted[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        if (Emoji.Read(request.Emoji) is not { } read)
            return Errors.Validation.With(new FieldError("emoji", "INVALID_FORMAT", "emoji is one emoji"));
        if (CursorPage.Read(request.Limit, request.Cursor, CursorPage.NewestFirst, out var seek) is { } refused)
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        if (await LockedMessage.Look(db, id, Caller) is not { IsRead: true })
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
                    Caller.UserId,
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

using System.Text.Json.Serialization;
using Dapper;
using Veza.Features.Chat.Messages;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;
using UserCard = Veza.Features.Users.UsersReads.UserCard;

namespace Veza.Features.Chat.Rooms;

/// <summary>Who is invited to a room and has not answered, the latest first; for those who may invite.</summary>
[HotRead]
internal sealed class ListInvites(PostgresSource postgres, RoomAccess access)
    : Slice<ListInvites.Request, ListInvites.Response[]>
{
    internal sealed record Request(Guid Id, int? Limit, string? Cursor);

    internal new sealed record Response(UserCard User, Guid InvitedBy, DateTime CreatedAt);

    internal sealed record Row(
        Guid Id,
        string Username,
        string DisplayName,
        string? AvatarUrl,
        Guid InvitedBy,
        DateTime CreatedAt
    );

    public override void Configure()
    {
        Get("/rooms/{id}/invites");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatRead)
                .Described(
                    "List the invitations of a room",
                    new[]
                    {
                        new Response(Message.Example.Author!, Room.Example.OwnerId!.Value, Room.Example.CreatedAt),
                    },
                    errors:
                    [
                        Errors.Validation,
                        ChatReads.RoomNotFound,
                        ChatErrors.RoomIsDirect,
                        ChatErrors.RoomForbidden,
                    ]
                )
        );
    }

    public override async Task<Answer<Response[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        if (CursorPage.Read(request.Limit, request.Cursor, CursorPage.NewestFirst, out var seek) is { } refused)
            return refused;
        if (await access.RefuseDeed(id, Caller, RoomAction.Invite, ct) is { } forbidden)
            return forbidden;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<Row>(
            """
            select a.id, a.username, a.display_name, a.avatar_url, i.invited_by, i.created_at from room_invite i
              join account a on a.id = i.account_id
             where i.room_id = @id and (i.created_at, i.account_id) < (@Moment, @after)
             order by i.created_at desc, i.account_id desc limit @Take
            """,
            new
            {
                id,
                seek.Moment,
                after = seek.Id,
                seek.Take,
            }
        );
        Response[] invites =
        [
            .. rows.Select(r => new Response(
                new UserCard(r.Id, r.Username, r.DisplayName, r.AvatarUrl),
                r.InvitedBy,
                r.CreatedAt
            )),
        ];
        return seek.Answer(invites, invite => (invite.CreatedAt, invite.User.Id));
    }
}

[JsonSerializable(typeof(Envelope<ListInvites.Response[]>))]
internal sealed partial class ListInvitesJson : JsonSerializerContext;

using System.Text.Json.Serialization;
using Dapper;
using Veza.Features.Chat.Messages;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;
using UserCard = Veza.Features.Users.UsersReads.UserCard;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Chat.Rooms;

/// <summary>
/// The rooms that the caller is invited to, the latest first, without invitations by people whom they block or are
/// blocked by.
/// </summary>
[HotRead]
internal sealed class ListOwnInvites(PostgresSource postgres) : Slice<ListOwnInvites.Request, ListOwnInvites.Response[]>
{
    internal sealed record Request(int? Limit, string? Cursor);

    internal sealed record InvitedRoom(Guid Id, string Name, string Topic, string Visibility, int MemberCount);

    internal new sealed record Response(InvitedRoom Room, UserCard? InvitedBy, DateTime CreatedAt);

    private static readonly Response Example = new(
        new InvitedRoom(Room.Example.Id, Room.Example.Name, Room.Example.Topic, "private", Room.Example.MemberCount),
        Message.Example.Author,
        Room.Example.CreatedAt
    );

    internal sealed record Row(
        Guid RoomId,
        string Name,
        string Topic,
        string Visibility,
        int MemberCount,
        Guid? Id,
        string? Username,
        string? DisplayName,
        string? AvatarUrl,
        DateTime CreatedAt
    );

    public override void Configure()
    {
        Get("/invites");
        Group<ChatGroup>();
        Description(route =>
            route.Requires(ChatRead).Described("List your invitations", new[] { Example }, errors: [Errors.Validation])
        );
    }

    public override async Task<Answer<Response[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (CursorPage.Read(request.Limit, request.Cursor, CursorPage.NewestFirst, out var seek) is { } refused)
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<Row>(
            $"""
            select r.id as room_id, r.name, r.topic, r.visibility, r.member_count, a.id, a.username, a.display_name,
              a.avatar_url, i.created_at
              from room_invite i join room r on r.id = i.room_id left join account a on a.id = i.invited_by
             where i.account_id = @UserId and (i.created_at, i.room_id) < (@Moment, @after)
               and i.invited_by not in ({UsersReads.BlockedBy} @UserId)
             order by i.created_at desc, i.room_id desc limit @Take
            """,
            new
            {
                Caller.UserId,
                seek.Moment,
                after = seek.Id,
                seek.Take,
            }
        );
        Response[] invites =
        [
            .. rows.Select(r => new Response(
                new InvitedRoom(r.RoomId, r.Name, r.Topic, r.Visibility, r.MemberCount),
                r.Id is { } inviter ? new UserCard(inviter, r.Username!, r.DisplayName!, r.AvatarUrl) : null,
                r.CreatedAt
            )),
        ];
        return seek.Answer(invites, invite => (invite.CreatedAt, invite.Room.Id));
    }
}

[JsonSerializable(typeof(Envelope<ListOwnInvites.Response[]>))]
internal sealed partial class ListOwnInvitesJson : JsonSerializerContext;

using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;
using UserCard = Veza.Features.Users.UsersReads.UserCard;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Playlists;

/// <summary>
/// Who works on a playlist beside its owner. Who was invited and has not answered is told to those who work on it. Whom
/// the caller blocks or is blocked by is left out.
/// </summary>
internal sealed class ListCollaborators(PostgresSource postgres)
    : Slice<ListCollaborators.Request, ListCollaborators.Response[]>
{
    internal sealed record Request(Guid Id);

    internal new sealed record Response(UserCard User, bool Accepted, DateTime InvitedAt);

    private static readonly Response Example = new(
        new UserCard(Guid.Parse("019b0c5e-9b41-7f20-8e11-6a1b2c3d4e5f"), "davor", "Davor", null),
        true,
        Playlist.Example.CreatedAt
    );

    internal sealed record Row(
        Guid Id,
        string Username,
        string DisplayName,
        string? AvatarUrl,
        bool IsAccepted,
        DateTime InvitedAt
    );

    public override void Configure()
    {
        Get("/playlists/{id}/collaborators");
        Group<PlaylistsGroup>();
        Description(route =>
            route
                .Anonymous(seesMoreWith: TracksRead)
                .Described(
                    "List a playlist's collaborators",
                    new[] { Example },
                    errors: PlaylistsErrors.PlaylistNotFound
                )
        );
    }

    public override async Task<Answer<Response[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        await using var db = await postgres.OpenConnectionAsync(ct);
        if (await PlaylistAccess.Find(db, id, CallerIfAny) is not { } playlist)
            return PlaylistsErrors.PlaylistNotFound;
        var rows = await db.QueryAsync<Row>(
            $"""
            select a.id, a.username, a.display_name, a.avatar_url, m.accepted_at is not null as is_accepted,
              m.invited_at
              from playlist_collaborator m join account a on a.id = m.account_id
             where m.playlist_id = @id and (m.accepted_at is not null or @all)
               and m.account_id not in ({UsersReads.BlockedBy} @callerId)
                 order by m.invited_at, a.id
            """,
            new
            {
                id,
                callerId = CallerIfAny?.UserId,
                all = playlist.Role is "owner" or "collaborator",
            }
        );
        Response[] people =
        [
            .. rows.Select(r => new Response(
                new UserCard(r.Id, r.Username, r.DisplayName, r.AvatarUrl),
                r.IsAccepted,
                r.InvitedAt
            )),
        ];
        return people;
    }
}

[JsonSerializable(typeof(Envelope<ListCollaborators.Response[]>))]
internal sealed partial class ListCollaboratorsJson : JsonSerializerContext;

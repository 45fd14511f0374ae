using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Playlists;

/// <summary>Declines an invitation, or stops working on a playlist. What the caller has put on it stays.</summary>
internal sealed class LeavePlaylist(PostgresSource postgres) : Slice<LeavePlaylist.Request, Nothing>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Delete("/playlists/{id}/collaborators/me");
        Group<PlaylistsGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .Described(
                    "Leave a playlist, or decline an invitation",
                    Nothing.Value,
                    errors: [PlaylistsErrors.PlaylistNotFound, PlaylistsErrors.InvitationNotFound]
                )
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var left = await db.ExecuteAsync(
            "delete from playlist_collaborator where playlist_id = @id and account_id = @UserId",
            new { id, Caller.UserId }
        );
        if (left == 1)
            return Answer<Nothing>.Of(Nothing.Value, "You work on it no more");
        return await PlaylistAccess.Find(db, id, Caller) is null
            ? PlaylistsErrors.PlaylistNotFound
            : PlaylistsErrors.InvitationNotFound;
    }
}

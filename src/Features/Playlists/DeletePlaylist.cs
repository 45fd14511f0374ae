using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Playlists;

/// <summary>Deletes the caller's own playlist, for its collaborators and followers too. The tracks stay.</summary>
internal sealed class DeletePlaylist(PostgresSource postgres) : Slice<DeletePlaylist.Request, Nothing>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Delete("/playlists/{id}");
        Group<PlaylistsGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .Described(
                    "Delete a playlist",
                    Nothing.Value,
                    errors: [PlaylistsErrors.PlaylistNotFound, PlaylistsErrors.PlaylistForbidden]
                )
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var gone = await db.ExecuteAsync(
            "delete from playlist where id = @id and owner_id = @UserId",
            new { id, Caller.UserId }
        );
        return gone == 0
            ? await PlaylistAccess.NotTheirs(db, id, Caller)
            : Answer<Nothing>.Of(Nothing.Value, "The playlist is deleted");
    }
}

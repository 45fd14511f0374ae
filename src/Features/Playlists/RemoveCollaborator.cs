using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Playlists;

/// <summary>
/// Takes a person off the caller's own playlist, or an invitation back. When it is answered, nothing more of theirs
/// comes in.
/// </summary>
internal static class RemoveCollaborator
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/playlists/{id}/collaborators/{personId}", Handle)
            .WithName("RemoveCollaborator")
            .Requires(Permissions.TracksWrite)
            .Documented(
                "Playlists",
                "Remove a collaborator",
                Nothing.Value,
                errors: [PlaylistsErrors.PlaylistNotFound, PlaylistsErrors.PlaylistForbidden, UsersReads.UserNotFound]
            );

    private static async Task<Answer<Nothing>> Handle(
        Guid id,
        Guid personId,
        Caller caller,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        await PlaylistAccess.Hold(db, transaction, id);
        var isOwner = await db.ExecuteScalarAsync<bool>(
            "select exists (select 1 from playlist where id = @id and owner_id = @UserId)",
            new { id, caller.UserId },
            transaction
        );
        if (!isOwner)
            return await PlaylistAccess.NotTheirs(db, id, caller);
        var gone = await db.ExecuteAsync(
            "delete from playlist_collaborator where playlist_id = @id and account_id = @personId",
            new { id, personId },
            transaction
        );
        await transaction.CommitAsync(CancellationToken.None);
        return gone == 0 ? UsersReads.UserNotFound : Answer<Nothing>.Of(Nothing.Value, "They work on it no more");
    }
}

using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Playlists;

/// <summary>
/// Takes a person off the caller's own playlist, or an invitation back. When it is answered, nothing more of theirs
/// comes in.
/// </summary>
internal sealed class RemoveCollaborator(PostgresSource postgres) : Slice<RemoveCollaborator.Request, Nothing>
{
    internal sealed record Request(Guid Id, Guid PersonId);

    public override void Configure()
    {
        Delete("/playlists/{id}/collaborators/{personId}");
        Group<PlaylistsGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .Described(
                    "Remove a collaborator",
                    Nothing.Value,
                    errors:
                    [
                        PlaylistsErrors.PlaylistNotFound,
                        PlaylistsErrors.PlaylistForbidden,
                        UsersReads.UserNotFound,
                    ]
                )
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        var personId = request.PersonId;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        await PlaylistAccess.Hold(db, transaction, id);
        var isOwner = await db.ExecuteScalarAsync<bool>(
            "select exists (select 1 from playlist where id = @id and owner_id = @UserId)",
            new { id, Caller.UserId },
            transaction
        );
        if (!isOwner)
            return await PlaylistAccess.NotTheirs(db, id, Caller);
        var gone = await db.ExecuteAsync(
            "delete from playlist_collaborator where playlist_id = @id and account_id = @personId",
            new { id, personId },
            transaction
        );
        await transaction.CommitAsync(CancellationToken.None);
        return gone == 0 ? UsersReads.UserNotFound : Answer<Nothing>.Of(Nothing.Value, "They work on it no more");
    }
}

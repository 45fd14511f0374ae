using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Playlists;

/// <summary>Who may do what with a playlist. To whoever may not see it, it does not exist.</summary>
[HotRead]
internal static class PlaylistAccess
{
    internal static async Task<Playlist?> Find(NpgsqlConnection db, Guid id, Caller? caller)
    {
        var row = await db.QuerySingleOrDefaultAsync<PlaylistRow>(
            $"""
            select {PlaylistRow.Columns} from {PlaylistRow.From} where p.id = @id and {PlaylistRow.Seen}
            """,
            new { id, callerId = caller?.UserId }
        );
        return row?.ToPlaylist();
    }

    /// <summary>Why the caller may not add, move or remove items now: only the owner and collaborators may, and these
    /// not while one of them blocks the other. Ask after <see cref="Hold"/>, and it stays so.</summary>
    internal static async Task<Error?> RefuseEditing(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        Guid id,
        Caller caller
    )
    {
        var role = await db.QuerySingleOrDefaultAsync<string>(
            $"""
            select case when p.owner_id = @callerId
                or m.accepted_at is not null and p.owner_id not in ({UsersReads.BlockedBy} @callerId)
                  then 'editor' else 'viewer' end
              from {PlaylistRow.From} where p.id = @id and {PlaylistRow.Seen}
            """,
            new { id, callerId = caller.UserId },
            transaction
        );
        return role switch
        {
            null => PlaylistsErrors.PlaylistNotFound,
            "editor" => null,
            _ => PlaylistsErrors.PlaylistForbidden,
        };
    }

    /// <summary>Keeps others from changing the playlist's order, or who may, until the transaction ends.</summary>
    internal static Task Hold(NpgsqlConnection db, NpgsqlTransaction transaction, Guid id) =>
        db.ExecuteAsync("select 1 from playlist where id = @id for no key update", new { id }, transaction);

    /// <summary>
    /// Of what only its owner may do: they are told that it is not theirs, or that it does not exist.
    /// </summary>
    internal static async Task<Error> NotTheirs(NpgsqlConnection db, Guid id, Caller caller) =>
        await Find(db, id, caller) is null ? PlaylistsErrors.PlaylistNotFound : PlaylistsErrors.PlaylistForbidden;
}

using Dapper;
using Npgsql;
using Veza.Infrastructure.Security;

namespace Veza.Features.Tracks;

/// <summary>Whether somebody may know of a track; to who may not, it does not exist.</summary>
internal static class TrackVisibility
{
    internal static Task<bool> IsSeen(NpgsqlConnection db, Guid id, Caller? caller) =>
        db.ExecuteScalarAsync<bool>(
            """
            select exists (select 1 from track where id = @id and (account_id = @callerId or is_open))
            """,
            new { id, callerId = caller?.UserId }
        );
}

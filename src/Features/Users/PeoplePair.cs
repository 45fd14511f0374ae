using Dapper;
using Npgsql;

namespace Veza.Features.Users;

/// <summary>
/// Two people, of whom one follows, supports or blocks the other. Such changes wait for each other, so that no follow
/// slips in beside a block: neither statement would see what the other has not committed.
/// </summary>
internal static class PeoplePair
{
    /// <summary>
    /// Until the transaction ends. What is asked afterwards sees what whoever held it before has committed.
    /// </summary>
    internal static Task Hold(NpgsqlConnection db, NpgsqlTransaction transaction, Guid one, Guid other) =>
        db.ExecuteAsync(
            """
            select pg_advisory_xact_lock(hashtextextended(least(@one, @other)::text || greatest(@one, @other)::text, 0))
            """,
            new { one, other },
            transaction
        );
}

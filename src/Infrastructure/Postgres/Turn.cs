using Dapper;
using Npgsql;

namespace Veza.Infrastructure.Postgres;

/// <summary>
/// Those who add to what is limited take turns, one at a time for each owner: what a statement after <see cref="Take"/>
/// counts, all before have committed, and nobody adds to it until the transaction ends. A statement that takes its turn
/// and counts in one would count what was there before it waited.
/// </summary>
internal static class Turn
{
    /// <param name="of">What is limited, such as the table's name.</param>
    /// <param name="whose">Whose limit it is.</param>
    internal static Task Take(NpgsqlConnection db, NpgsqlTransaction transaction, string of, Guid whose) =>
        db.ExecuteAsync(
            "select pg_advisory_xact_lock(hashtext(@of), hashtext(@whose::text))",
            new { of, whose },
            transaction
        );
}

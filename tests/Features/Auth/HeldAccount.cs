using Npgsql;
using Veza.Tests.Harness;
using Veza.Tests.Infrastructure.Http;

namespace Veza.Tests.Features.Auth;

/// <summary>
/// An account as whoever changes it holds it: requests that want it stand at their first wait for it until this lets
/// go, or changes it and commits.
/// </summary>
internal sealed class HeldAccount : IAsyncDisposable
{
    private readonly TestDatabase database;
    private readonly NpgsqlConnection db;
    private readonly NpgsqlTransaction transaction;
    private readonly int process;

    private HeldAccount(TestDatabase database, NpgsqlConnection db, NpgsqlTransaction transaction, int process) =>
        (this.database, this.db, this.transaction, this.process) = (database, db, transaction, process);

    /// <summary>So that not even a row that names it can be made.</summary>
    internal static Task<HeldAccount> Of(StagedPerson person) =>
        Of(person.Stage.Database, person.Stage.Server, "select 1 from account where id = $1 for update", person.Id);

    internal static async Task<HeldAccount> Of(
        TestDatabase database,
        VezaServer server,
        string sql,
        params object[] values
    )
    {
        var db = await server.Premises.Source.OpenConnectionAsync();
        var transaction = await db.BeginTransactionAsync();
        await using var command = new NpgsqlCommand(sql, db, transaction);
        foreach (var value in values)
            command.Parameters.AddWithValue(value);
        await command.ExecuteNonQueryAsync();
        return new HeldAccount(database, db, transaction, db.ProcessID);
    }

    /// <summary>
    /// Until so many wait for this one, or for each other behind it; or one of them needs no more waiting for.
    /// </summary>
    internal Task Awaited(int by, params Task[] requests) =>
        Eventually.True(
            $"{by} requests stand at the gate",
            async () =>
                requests.Any(r => r.IsCompleted)
                || by
                    <= await database.Scalar<long>(
                        """
                        with recursive waiting (pid) as (
                          select $1 union
                          select a.pid from pg_stat_activity a join waiting w on w.pid = any(pg_blocking_pids(a.pid))
                            where a.wait_event_type = 'Lock'
                        )
                        select count(*) - 1 from waiting
                        """,
                        process
                    )
        );

    internal Task Change(Func<NpgsqlConnection, NpgsqlTransaction, Task> change) => change(db, transaction);

    internal Task Commit() => transaction.CommitAsync();

    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await db.DisposeAsync();
    }
}

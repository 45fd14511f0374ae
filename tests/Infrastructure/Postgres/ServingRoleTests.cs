using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Postgres;

/// <summary>One role owns the schema and migrates; another, which owns nothing, serves.</summary>
[Trait("Touches", "Objects")]
public sealed class ServingRoleTests
{
    private const string Unpermitted = PostgresErrorCodes.InsufficientPrivilege;
    private static readonly string Owner = $"veza_owner_{Environment.ProcessId}";
    private static readonly string Serving = $"veza serving \"{Environment.ProcessId}\"";

    [Fact]
    public async Task A_role_that_owns_nothing_serves_and_keeps_house()
    {
        await using var all = NpgsqlDataSource.Create(Surroundings.Postgres);
        await Do(
            all,
            $"create role {Owner} login password 'own'",
            $"create role {Quoted(Serving)} login password 'serve'",
            $"create database {Owner} owner {Owner}"
        );
        try
        {
            await using var premises = await TestEnvironment.Create();
            await Serves(premises, As(Owner, "own"), As(Serving, "serve"));
        }
        finally
        {
            await Do(
                all,
                $"drop database if exists {Owner} with (force)",
                $"drop role {Quoted(Serving)}",
                $"drop role {Owner}"
            );
        }
    }

    private static async Task Serves(TestEnvironment premises, string asOwner, string asServing)
    {
        var migrated = await VezaProgram.Run(
            ["migrate"],
            new Dictionary<string, string?>(premises.Variables)
            {
                ["VEZA__POSTGRES"] = asOwner,
                ["VEZA__POSTGRES_SERVING_ROLE"] = Serving,
            }
        );
        Assert.Contains($"The role {Serving} may serve.", migrated.Succeeds().Output, StringComparison.Ordinal);
        await using var owner = NpgsqlDataSource.Create(asOwner);
        await using var serving = NpgsqlDataSource.Create(asServing);
        string[] unpermitted =
        [
            "create table planted ()",
            "truncate account",
            "alter table account add planted int",
            "drop table message_rest",
            "update schema_migration set sha256 = ''",
        ];
        foreach (var sql in unpermitted)
            Assert.Equal(Unpermitted, (await Assert.ThrowsAsync<PostgresException>(() => Do(serving, sql))).SqlState);

        // The last month of each is not there yet, and one has been kept for too long.
        string[] months =
        [
            await LastMonth(owner, "audit_event"),
            await LastMonth(owner, "play"),
            await LastMonth(owner, "message"),
            await LastMonth(owner, "event"),
        ];
        await Do(owner, [.. months.Select(month => $"drop table {month}")]);
        await Do(
            owner,
            """
            create table play_2020_01 partition of play
              for values from (uuid_at('2020-01-01Z')) to (uuid_at('2020-02-01Z'))
            """
        );

        await using (var server = await VezaServer.Start(premises, ("VEZA__POSTGRES", asServing)))
        {
            var (mira, davor) = (
                await Actor.RegisterByHttp(server, "mira"),
                await Actor.RegisterByHttp(server, "davor")
            );
            await mira.Ready(await mira.UploadTrack(await Sounds.Short));
            var picture = Pictures.Content(await Pictures.Drawn("png", 300, 300));
            (await mira.Send(HttpMethod.Put, "/api/v1/users/me/avatar", picture)).Is(200);
            var made = await mira.Post("/api/v1/chat/rooms", new { Name = "Roles", Visibility = "public" });
            var room = made.Is(201).Data.GetProperty("id").GetGuid();
            await using var socket = await ChatSocket.Open(mira);
            await socket.Subscribe(room);
            await socket.Say(room, "one", "heard by all");
            (await davor.Get($"/api/v1/tracks?q=short")).Is(200);
            await using (var source = PostgresSource.Open(asServing, "upkeep"))
            {
                var store = Stores.Open(premises.Settings().Storage);
                var claims = new StorageClaims(
                    source,
                    store,
                    premises.Settings(),
                    TimeProvider.System,
                    NullLogger<StorageClaims>.Instance
                );
                var tasks = new UpkeepTasks([.. Modules.All.SelectMany(module => module.Upkeep)]);
                using var upkeep = new Upkeep(
                    source,
                    claims,
                    tasks,
                    null!,
                    TimeProvider.System,
                    NullLogger<Upkeep>.Instance
                );
                await upkeep.Once(CancellationToken.None);
            }

            Assert.DoesNotContain("permission denied", server.Log, StringComparison.Ordinal);
            Assert.DoesNotContain("must be owner", server.Log, StringComparison.Ordinal);
            Assert.DoesNotContain("Upkeep was put off", server.Log, StringComparison.Ordinal);
        }

        foreach (var month in months)
            Assert.True(await Is(serving, $"select has_table_privilege('{month}', 'insert')"), month);
        Assert.True(await Is(serving, "select to_regclass('play_2020_01') is null"));
        // Nothing makes or drops a table with the rights of whoever calls it.
        Assert.True(
            await Is(
                owner,
                """
                select count(*) >= 5 and bool_and(prosecdef)
                       and bool_and(proconfig::text like '%search_path=public, pg_temp%') from pg_proc
                 where pronamespace = 'public'::regnamespace and prosrc ~ '(create|drop|alter) table'
                """
            )
        );
    }

    private static string Quoted(string role) => $"\"{role.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string As(string role, string password) =>
        new NpgsqlConnectionStringBuilder(Surroundings.Postgres)
        {
            Database = Owner,
            Username = role,
            Password = password,
            Pooling = false,
        }.ConnectionString;

    private static async Task<string> LastMonth(NpgsqlDataSource source, string of)
    {
        await using var command = source.CreateCommand(
            $"""
            select max(inhrelid::regclass::text) from pg_inherits
             where inhparent = '{of}'::regclass and inhrelid::regclass::text !~ 'rest'
            """
        );
        return (string)(await command.ExecuteScalarAsync())!;
    }

    private static async Task<bool> Is(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        return (bool)(await command.ExecuteScalarAsync())!;
    }

    private static async Task Do(NpgsqlDataSource source, params string[] statements)
    {
        foreach (var sql in statements)
        {
            await using var command = source.CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
        }
    }
}

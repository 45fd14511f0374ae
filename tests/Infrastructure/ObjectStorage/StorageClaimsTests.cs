using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.ObjectStorage;

/// <summary>
/// Writers and sweepers of one storage: no object that a committed row names is ever removed, and none stays that no
/// row names.
/// </summary>
[Trait("Touches", "Objects")]
public sealed class StorageClaimsTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private TestEnvironment premises = null!;
    private StorageClaims claims = null!;
    private IObjectStore store = null!;

    public async ValueTask InitializeAsync()
    {
        premises = await TestEnvironment.Create();
        (claims, store) = (premises.Claims(), Stores.Open(premises.Settings().Storage));
        await premises.Database.Execute("create table named (prefix text primary key)");
    }

    public ValueTask DisposeAsync() => premises.DisposeAsync();

    private static string NewPrefix() => $"tracks/{Guid.CreateVersion7()}/";

    private Task<long> Put(string prefix) =>
        store.Put(prefix + "original", new MemoryStream([1, 2, 3]), "audio/flac", None);

    private async Task<bool> IsThere(string prefix) => await store.Find(prefix + "original", None) is not null;

    private Task<long> ClaimsOn(string prefix) =>
        premises.Database.Scalar<long>("select count(*) from storage_claim where prefix = $1", prefix);

    private Task RunOut(string prefix) =>
        premises.Database.Execute("update storage_claim set claimed_until = now() where prefix = $1", prefix);

    private static async Task Name(NpgsqlConnection db, NpgsqlTransaction transaction, string prefix)
    {
        await using var insert = new NpgsqlCommand("insert into named (prefix) values ($1)", db, transaction)
        {
            Parameters = { new() { Value = prefix } },
        };
        await insert.ExecuteNonQueryAsync();
    }

    private async Task<bool> Commit(StorageClaim claim)
    {
        await using var db = await premises.Source.OpenConnectionAsync();
        await using var transaction = await db.BeginTransactionAsync();
        await Name(db, transaction, claim.Prefix);
        return await StorageClaim.Commit(db, transaction, claim);
    }

    private async Task SweepAll()
    {
        while (await claims.Sweep(None) > 0) { }
    }

    [Fact]
    public async Task Commits_while_their_prefix_is_being_swept_keep_all_or_nothing()
    {
        var times = int.TryParse(Environment.GetEnvironmentVariable("VEZA_TEST_SWEEPS"), out var wanted) ? wanted : 60;
        var (kept, swept) = (0, 0);
        var other = premises.Claims();
        for (var i = 0; i < times; i++)
        {
            var claim = await claims.Take(NewPrefix(), None);
            await Put(claim.Prefix);
            await RunOut(claim.Prefix);
            var sweepers = new[] { claims, other }.Select(sweeper => Task.Run(() => sweeper.Sweep(None))).ToArray();
            var committing = Task.Run(() => Commit(claim));
            await Task.WhenAll([.. sweepers, committing]);
            var isNamed = await premises.Database.Scalar<bool>(
                "select exists (select 1 from named where prefix = $1)",
                claim.Prefix
            );
            Assert.Equal(await committing, isNamed);
            await claim.DisposeAsync();
            await SweepAll();
            Assert.Equal((isNamed, 0), (await IsThere(claim.Prefix), await ClaimsOn(claim.Prefix)));
            if (isNamed)
                kept++;
            else
                swept++;
        }

        Assert.Equal(times, kept + swept);
        TestContext.Current.SendDiagnosticMessage($"{kept} were kept and {swept} swept");
    }

    [Fact]
    public async Task A_sweeper_passes_over_what_is_being_committed()
    {
        await using var claim = await claims.Take(NewPrefix(), None);
        await Put(claim.Prefix);
        await RunOut(claim.Prefix);
        await using (var db = await premises.Database.Source.OpenConnectionAsync())
        {
            await using var transaction = await db.BeginTransactionAsync();
            await Name(db, transaction, claim.Prefix);
            await using (
                var drop = new NpgsqlCommand(
                    "select 1 from storage_claim where prefix = $1 for update",
                    db,
                    transaction
                )
                {
                    Parameters = { new() { Value = claim.Prefix } },
                }
            )
                await drop.ExecuteScalarAsync();
            // Neither waits for the writer, nor takes its objects.
            Assert.Equal(0, await claims.Sweep(None));
            await claims.SweepNow(claim.Prefix);
            Assert.True(await IsThere(claim.Prefix));
            Assert.True(await StorageClaim.Commit(db, transaction, claim));
        }

        await SweepAll();
        Assert.Equal((true, 0), (await IsThere(claim.Prefix), await ClaimsOn(claim.Prefix)));
    }

    [Fact]
    public async Task A_writer_whose_objects_are_being_swept_does_not_commit_and_leaves_nothing()
    {
        var claim = await claims.Take(NewPrefix(), None);
        await Put(claim.Prefix);
        // As a sweeper does before it removes anything.
        await premises.Database.Execute(
            "update storage_claim set sweeping = true, claimed_until = now() + interval '1 minute' where prefix = $1",
            claim.Prefix
        );
        Assert.False(await Commit(claim));
        Assert.Equal(0, await premises.Database.Scalar<long>("select count(*) from named"));
        await claim.DisposeAsync();
        await SweepAll();
        Assert.Equal((false, 0), (await IsThere(claim.Prefix), await ClaimsOn(claim.Prefix)));
    }

    [Fact]
    public async Task What_is_written_after_its_claim_was_swept_goes_with_its_writer()
    {
        var claim = await claims.Take(NewPrefix(), None);
        await RunOut(claim.Prefix);
        await SweepAll();
        await Put(claim.Prefix);
        Assert.False(await Commit(claim));
        await claim.DisposeAsync();
        Assert.Equal((false, 0), (await IsThere(claim.Prefix), await ClaimsOn(claim.Prefix)));
    }

    [Fact]
    public async Task Of_two_sweepers_one_has_a_prefix_until_it_is_done_or_dead()
    {
        var (begun, fresh) = (NewPrefix(), NewPrefix());
        foreach (var prefix in new[] { begun, fresh })
            await Put(prefix);
        // One that is at work on it, and one that is forsaken anew.
        await premises.Database.Execute(
            """
            insert into storage_claim (prefix, claimed_until, sweeping) values ($1, now() + interval '1 minute', true)
            """,
            begun
        );
        await premises.Database.Execute("insert into storage_claim (prefix, claimed_until) values ($1, now())", fresh);
        Assert.Equal(1, await claims.Sweep(None));
        Assert.Equal((true, false), (await IsThere(begun), await IsThere(fresh)));
        await RunOut(begun);
        Assert.Equal(1, await claims.Sweep(None));
        Assert.False(await IsThere(begun));
    }

    [Fact]
    public async Task What_cannot_be_removed_keeps_nobody_from_what_comes_after()
    {
        var (bad, good) = ("no key at all/", NewPrefix());
        await Put(good);
        await premises.Database.Execute(
            "insert into storage_claim (prefix, claimed_until) values ($1, now() - interval '1 minute'), ($2, now())",
            bad,
            good
        );
        await SweepAll();
        Assert.Equal((false, 0, 1), (await IsThere(good), await ClaimsOn(good), await ClaimsOn(bad)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_writer_that_does_not_hear_how_its_commit_ended_removes_nothing(bool holds)
    {
        await using var commits = await LostCommits.Of(premises.Database);
        await using var source = PostgresSource.Open(commits.ConnectionString, "test");
        var afar = new StorageClaims(
            source,
            store,
            premises.Settings(),
            TimeProvider.System,
            NullLogger<StorageClaims>.Instance
        );
        var claim = await afar.Take(NewPrefix(), None);
        await Put(claim.Prefix);
        await using (var db = await source.OpenConnectionAsync())
        {
            await using var transaction = await db.BeginTransactionAsync();
            await Name(db, transaction, claim.Prefix);
            if (holds)
                commits.LoseAnswer(1);
            else
                await commits.EndBackend(1);
            await Assert.ThrowsAsync<UnknownCommitException>(() => StorageClaim.Commit(db, transaction, claim));
        }

        await commits.Spare();
        await claim.DisposeAsync();
        Assert.Equal((true, holds ? 0 : 1), (await IsThere(claim.Prefix), await ClaimsOn(claim.Prefix)));
        // When it has run out, the database says whose the objects are.
        await RunOut(claim.Prefix);
        await SweepAll();
        Assert.Equal(
            (holds, holds ? 1 : 0),
            (await IsThere(claim.Prefix), await premises.Database.Scalar<long>("select count(*) from named"))
        );
        Assert.Equal(0, await ClaimsOn(claim.Prefix));
    }

    [Fact]
    public async Task A_claim_lasts_for_as_long_as_its_writer()
    {
        var brief = new StorageClaims(
            premises.Source,
            store,
            premises.Settings(("VEZA__UPLOADS__CLAIM_S", "2")),
            TimeProvider.System,
            NullLogger<StorageClaims>.Instance
        );
        var claim = await brief.Take(NewPrefix(), None);
        await Put(claim.Prefix);
        var until = await premises.Database.Scalar<DateTime>("select claimed_until from storage_claim");
        await Eventually.True(
            "it would have run out",
            async () =>
            {
                Assert.Equal(0, await claims.Sweep(None));
                return await premises.Database.Scalar<bool>("select now() > $1", until);
            }
        );
        Assert.True(await IsThere(claim.Prefix));
        Assert.True(await Commit(claim));
        await claim.DisposeAsync();
        Assert.True(await IsThere(claim.Prefix));
    }
}

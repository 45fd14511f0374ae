using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Veza.Features.Chat.Realtime;
using Veza.Features.Chat.Rooms;
using Veza.Features.Discovery;
using Veza.Features.Notifications;
using Veza.Features.Plays;
using Veza.Features.Tracks;
using Veza.Features.Tracks.Likes;
using Veza.Features.Tracks.Search;
using Veza.Features.Uploads;
using Veza.Features.Users;
using Veza.Infrastructure.Cli;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Health;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Loops;
using Veza.Infrastructure.ObjectStorage;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Jobs;

/// <summary>Every minute's work of all modules together: whatever of it cannot be done, the rest is.</summary>
[Trait("Touches", "Objects")]
public sealed class UpkeepTests : IAsyncLifetime
{
    private const string Suspended = """
        insert into account (id, email, username, display_name, password_hash, suspended_at, suspended_until)
          select gen_random_uuid(), 'm@example.org', 'mira', 'mira', '', now(), now()
        """;

    /// <summary>The table, or the function, without which each task cannot be done.</summary>
    private static readonly Dictionary<string, string> NeededBy = new()
    {
        ["AuditTrail.MakePartitions"] = "function make_audit_partitions",
        ["AccountStanding.LiftExpired"] = "table account",
        ["SecretTries.ExpireLocks"] = "table account_lock",
        ["Tickets.ForgetOld"] = "table ticket",
        ["Sessions.ForgetOld"] = "table session",
        ["TrustedDevices.ForgetOld"] = "table trusted_device",
        ["AddressProof.ForgetOld"] = "table link_confirmation",
        ["MutedPerson.Forget"] = "table account_mute",
        ["TrackCounts.FoldAll"] = "table track_count_change",
        ["StreamEnds.ForgetExpired"] = "table track_revocation",
        ["UploadUpkeep.EndIdle"] = "table upload",
        ["UploadUpkeep.GiveBackForms"] = "table upload",
        ["UploadUpkeep.ForgetOver"] = "table upload",
        ["IndexUploader.ForgetWords"] = "table track_word_doubt",
        ["Trend.Forget"] = "table track_trend",
        ["PlayMonths.Keep"] = "function make_play_partitions",
        ["PlayTally.CountNew"] = "table play",
        ["PlayTally.CloseDue"] = "table play",
        ["PlayRetention.Forget"] = "table play_window",
        ["MessageMonths.Keep"] = "function make_message_partitions",
        ["RoomUpkeep.Clear"] = "table room_gone",
        ["RoomUpkeep.ForgetOver"] = "table room_pace",
        ["RoomUpkeep.Recount"] = "table room_departure",
        ["RoomUpkeep.FindHeirs"] = "table room",
        ["RoomDirectory.NoteActivity"] = "table public_room",
        ["Departures.Forget"] = "table room_departure",
        ["Attachments.ForgetLoose"] = "table attachment",
        ["CustomStatus.Forget"] = "table custom_status",
        ["NotificationRetention.Forget"] = "table notification",
    };

    private readonly ConcurrentQueue<string> done = new(),
        failed = new();
    private TestEnvironment premises = null!;

    private static UpkeepTask[] All => [.. Modules.All.SelectMany(module => module.Upkeep)];

    public async ValueTask InitializeAsync() => premises = await TestEnvironment.Create(inS3: false);

    public async ValueTask DisposeAsync() => await premises.DisposeAsync();

    [Fact]
    public async Task A_task_that_fails_keeps_none_of_the_others_from_being_done()
    {
        Assert.Equal(
            All.Select(task => task.Name).Order(StringComparer.Ordinal),
            NeededBy.Keys.Order(StringComparer.Ordinal)
        );
        var upkeep = Upkeep(premises.Claims(), [.. All.Select(Noted)]);
        // Statements are prepared at their second use: none should fail just then.
        for (var round = 0; round < 3; round++)
            await upkeep.Once(CancellationToken.None);
        Assert.Empty(failed);
        foreach (var task in All)
        {
            done.Clear();
            failed.Clear();
            var before = TaskFailures.Of($"Upkeep: {task.Name}");
            await premises.Database.Execute(
                "insert into storage_claim (prefix, claimed_until) values ('covers/b/', now()) on conflict do nothing"
            );
            await premises.Database.Execute($"alter {NeededBy[task.Name]} rename to away");
            await upkeep.Once(CancellationToken.None);
            await premises.Database.Execute(
                $"alter {NeededBy[task.Name].Split(' ')[0]} away rename to {NeededBy[task.Name].Split(' ')[1]}"
            );
            Assert.True(failed.Contains(task.Name), $"{task.Name} was done without what it needs.");
            Assert.Equal(before + 1, TaskFailures.Of($"Upkeep: {task.Name}"));
            Assert.Equal(
                All.Select(t => t.Name).Order(StringComparer.Ordinal),
                done.Concat(failed).Order(StringComparer.Ordinal)
            );
            Assert.True(
                failed.Count < All.Length / 2,
                $"Without {NeededBy[task.Name]} too much fails: {string.Join(", ", failed)}"
            );
            Assert.Equal(0, await premises.Database.Scalar<long>("select count(*) from storage_claim"));
        }
    }

    [Fact]
    public async Task Objects_that_cannot_be_removed_hold_up_nothing_and_are_tried_again()
    {
        await premises.Database.Execute(Suspended);
        var month = await premises.Database.Scalar<string>(
            "select max(relname::text) from pg_class where relname ~ '^message_\\d{4}_\\d{2}$'"
        );
        await premises.Database.Execute($"drop table {month}");
        // No store takes such a name; and one more than are swept at once, so that they come first.
        await premises.Database.Execute(
            """
            insert into storage_claim (prefix, claimed_until) select 'tracks/../' || n, now() - interval '1 hour'
              from generate_series(1, 101) n
            """
        );
        await premises.Database.Execute(
            "insert into storage_claim (prefix, claimed_until) values ('covers/a/', now())"
        );
        await Upkeep(premises.Claims(), All).Once(CancellationToken.None);
        Assert.Equal(
            0,
            await premises.Database.Scalar<long>("select count(*) from account where suspended_at is not null")
        );
        Assert.True(await premises.Database.Scalar<bool>("select to_regclass($1) is not null", month));
        Assert.Equal(
            101,
            await premises.Database.Scalar<long>(
                "select count(*) from storage_claim where sweeping and claimed_until > now()"
            )
        );
        Assert.Equal(
            0,
            await premises.Database.Scalar<long>("select count(*) from storage_claim where prefix = 'covers/a/'")
        );

        // Nobody takes the place of what is being swept, and its time comes again.
        await premises.Database.Execute(
            "update storage_claim set claimed_until = now(), prefix = 'covers/' || substr(prefix, 11)"
        );
        await Upkeep(premises.Claims(), All).Once(CancellationToken.None);
        Assert.Equal(0, await premises.Database.Scalar<long>("select count(*) from storage_claim"));
    }

    [Fact]
    public async Task Storage_that_is_away_holds_up_nothing()
    {
        await using var stored = await TestEnvironment.Create(inS3: true);
        await using var line = new FaultProxy(new Uri(Surroundings.S3Endpoint));
        var url = stored.Variables["VEZA__STORAGE"]!.Replace(
            Surroundings.S3Endpoint,
            line.Address.GetLeftPart(UriPartial.Authority),
            StringComparison.Ordinal
        );
        var store = Stores.Open(stored.Settings(("VEZA__STORAGE", url)).Storage);
        await store.Put("tracks/a/original", new MemoryStream([1]), "audio/flac", CancellationToken.None);
        await premises.Database.Execute(Suspended);
        await premises.Database.Execute(
            "insert into storage_claim (prefix, claimed_until) values ('tracks/a/', now())"
        );
        var upkeep = Upkeep(
            new StorageClaims(
                premises.Source,
                store,
                premises.Settings(),
                TimeProvider.System,
                NullLogger<StorageClaims>.Instance
            ),
            All
        );
        line.Cut();
        await upkeep.Once(CancellationToken.None);
        Assert.Equal(
            0,
            await premises.Database.Scalar<long>("select count(*) from account where suspended_at is not null")
        );
        Assert.Equal(
            1,
            await premises.Database.Scalar<long>("select count(*) from storage_claim where claimed_until > now()")
        );
        line.Mend();
        await premises.Database.Execute("update storage_claim set claimed_until = now()");
        await upkeep.Once(CancellationToken.None);
        Assert.Equal(0, await premises.Database.Scalar<long>("select count(*) from storage_claim"));
        Assert.Empty(await stored.StoredObjects());
    }

    [Fact]
    public async Task A_task_that_hangs_is_left_alone_and_is_not_begun_twice()
    {
        var (begun, release) = (0, new TaskCompletionSource());
        UpkeepTask hangs = new(
            "it hangs",
            async _ =>
            {
                begun++;
                await release.Task;
            }
        );
        var upkeep = Upkeep(
            premises.Claims(),
            [hangs, Noted(new UpkeepTask("after it", _ => Task.CompletedTask))],
            TimeSpan.FromSeconds(1)
        );
        for (var round = 1; round <= 3; round++)
        {
            await upkeep.Once(CancellationToken.None);
            Assert.Equal((1, round, (long)round), (begun, done.Count, TaskFailures.Of("Upkeep: it hangs")));
        }

        release.SetResult();
        await Eventually.True(
            "it is begun again",
            async () =>
            {
                await upkeep.Once(CancellationToken.None);
                return begun > 1;
            }
        );
    }

    private Upkeep Upkeep(StorageClaims claims, UpkeepTask[] tasks, TimeSpan? taskMax = null)
    {
        var readiness = new Readiness();
        readiness.Ready();
        return new Upkeep(
            premises.Source,
            claims,
            new UpkeepTasks(tasks),
            readiness,
            TimeProvider.System,
            NullLogger<Upkeep>.Instance
        )
        {
            TaskMax = taskMax ?? Eventually.DeadlineMax,
        };
    }

    private UpkeepTask Noted(UpkeepTask task) =>
        new(
            task.Name,
            async (db, now) =>
            {
                try
                {
                    await task.Run(db, now);
                    done.Enqueue(task.Name);
                }
                catch (PostgresException)
                {
                    failed.Enqueue(task.Name);
                    throw;
                }
            }
        );
}

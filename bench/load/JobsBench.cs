using System.Diagnostics;
using Npgsql;

namespace Veza.Bench.Load;

/// <summary>
/// Jobs whose workers are killed (kill -9) at random moments, and workers that are stopped past their lease and come
/// back. Afterwards every track must have been made once: one revision, its objects, nothing else in storage.
/// </summary>
internal static class JobsBench
{
    private const int Accounts = 20,
        SoundS = 2,
        StoppedSoundS = 20;

    /// <summary>What a worker does with a lease that ran out, without the wait for it.</summary>
    private const string LeasesRunOut = """
        with lost as (update job set state = 'queued', run_at = now(), lease_until = null, losses = losses + 1
          where state = 'running' returning kind)
        select pg_notify('veza_job', kind) from lost
        """;

    internal static async Task<int> Run(int jobs, int kills, int stops)
    {
        var folder = Directory.CreateTempSubdirectory("veza-jobs-").FullName;
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        try
        {
            await BenchServer.CreateDatabase("bench_jobs");
            await using var api = await Node(folder, "api", "api");
            // A worker that is stopped in the middle of a transaction holds its rows until PostgreSQL ends it.
            await using var postgres = NpgsqlDataSource.Create(api.Postgres + ";Command Timeout=120");
            var report = new Report(
                "jobs",
                $"./dev bench jobs {jobs} {kills} {stops}",
                "what",
                "tried",
                "held",
                "jobs tried again",
                "longest past a lease, s",
                "took, s"
            );
            await Killed(api, postgres, folder, jobs, kills, report);
            await Stopped(api, postgres, folder, stops, report);
            await report.Save(
                "Held: tracks that were made once, with one revision and its objects in storage, and nothing "
                    + "besides that is not claimed and about to be swept. A lease is 30 s; workers look for lost ones "
                    + "every 5 s."
            );
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Task<BenchServer> Node(string folder, string roles, string name) =>
        BenchServer.Start(
            BenchServer.Native,
            "bench_jobs",
            ("VEZA__ROLES", roles),
            ("VEZA__STORAGE", Path.Combine(folder, "storage")),
            ("VEZA__DATA", Path.Combine(folder, "data")),
            ("VEZA__WORKER__SCRATCH", Path.Combine(folder, "work", name)),
            ("VEZA__WORKER__QUEUE_WAIT_MAX_S", "600000")
        );

    private static async Task Killed(
        BenchServer api,
        NpgsqlDataSource postgres,
        string folder,
        int jobs,
        int kills,
        Report report
    )
    {
        var sound = Sound(folder, SoundS);
        var tracks = new List<Guid>();
        for (var account = 0; account < Accounts; account++)
        {
            using var person = await BenchAccount.Register(api.Url, $"jobs{account}");
            for (var i = account; i < jobs; i += Accounts)
                tracks.Add(await person.Upload(sound));
        }

        var watch = Stopwatch.StartNew();
        var workers = new[] { await Node(folder, "worker", "w0"), await Node(folder, "worker", "w1") };
        var longestS = 0d;
        using var over = new CancellationTokenSource();
        var watching = Watch();
        for (var kill = 1; kill <= kills; kill++)
        {
            // Spread over the work: the next when its share of the jobs is done, at a random moment after that.
            while (
                await Count(postgres, "select count(*) from job where state = 'done'") < (long)jobs * kill / (kills + 1)
            )
                await Task.Delay(50);
            await Task.Delay(Random.Shared.Next(700));
            var victim = Random.Shared.Next(workers.Length);
            await workers[victim].Kill();
            await workers[victim].DisposeAsync();
            workers[victim] = await Node(folder, "worker", $"w{victim}");
        }

        while (await Count(postgres, "select count(*) from job where state in ('queued', 'running')") > 0)
            await Task.Delay(200);
        await over.CancelAsync();
        await watching;
        foreach (var worker in workers)
            await worker.DisposeAsync();
        var again = await Count(postgres, "select count(*) from job where losses > 0");
        report.Row(
            $"{jobs} jobs, {kills} workers killed",
            jobs,
            await Held(postgres, folder, tracks),
            again,
            longestS,
            watch.Elapsed.TotalSeconds
        );

        async Task Watch()
        {
            while (!over.IsCancellationRequested)
            {
                longestS = Math.Max(
                    longestS,
                    await Count(
                        postgres,
                        """
                        select coalesce(max(extract(epoch from now() - lease_until)), 0)::bigint from job
                          where state = 'running' and lease_until < now()
                        """
                    )
                );
                await Task.Delay(500);
            }
        }
    }

    private static async Task Stopped(
        BenchServer api,
        NpgsqlDataSource postgres,
        string folder,
        int stops,
        Report report
    )
    {
        var sound = Sound(folder, StoppedSoundS);
        using var person = await BenchAccount.Register(api.Url, "stopped");
        await using BenchServer first = await Node(folder, "worker", "first"),
            second = await Node(folder, "worker", "second");
        var tracks = new List<Guid>();
        var watch = Stopwatch.StartNew();
        for (var stop = 0; stop < stops; stop++)
        {
            await BenchServer.Signal(second.ProcessId, "STOP");
            var track = await person.Upload(sound);
            tracks.Add(track);
            while (
                await Count(postgres, "select count(*) from track where status = 'processing' and progress > 0") == 0
            )
                await Task.Delay(20);
            await Task.Delay(Random.Shared.Next(500));
            await BenchServer.Signal(first.ProcessId, "STOP");
            await BenchServer.Signal(second.ProcessId, "CONT");
            await using (var free = postgres.CreateCommand(LeasesRunOut))
                await free.ExecuteNonQueryAsync();
            await person.Ready(track);
            await BenchServer.Signal(first.ProcessId, "CONT");
            // It is done with it when it has removed its files in work.
            while (
                Directory
                    .EnumerateDirectories(Path.Combine(folder, "work", "first"), "media-*", SearchOption.AllDirectories)
                    .Any()
            )
                await Task.Delay(20);
        }

        var again = await Count(
            postgres,
            """
            select count(*) from job where attempts = 2
              and owner_id = (select id from account where username = 'stopped')
            """
        );
        report.Row(
            $"{stops} workers stopped past their lease",
            stops,
            await Held(postgres, folder, tracks),
            again,
            "",
            watch.Elapsed.TotalSeconds
        );
    }

    /// <summary>Tracks that are ready, with the objects of one revision and no others.</summary>
    private static async Task<int> Held(NpgsqlDataSource postgres, string folder, List<Guid> tracks)
    {
        var held = 0;
        foreach (var track in tracks)
        {
            var revision = await Count(
                postgres,
                $"select coalesce(max(revision), 0) from track where id = '{track}' and status = 'ready'"
            );
            var at = Path.Combine(folder, "storage", "tracks", track.ToString());
            var levels = await Count(
                postgres,
                $"select cardinality(waveform_levels)::bigint from track where id = '{track}'"
            );
            string[] made = ["128k.m4a", "320k.m4a", "ladder.json", "lossless.mp4"];
            var there = Directory
                .EnumerateFiles(at, "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(at, file))
                .Order(StringComparer.Ordinal);
            // What a killed worker had put there is named by its claim, and swept when that has run out.
            string[] claimed = [.. await Prefixes(postgres, track)];
            string[] names =
            [
                .. there.Where(name => !claimed.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal))),
            ];
            var waves = names.Count(name => name.StartsWith($"{revision}/waveform-", StringComparison.Ordinal));
            var isWhole =
                made.All(name => names.Contains($"{revision}/{name}"))
                && names.Contains("original")
                && waves == levels
                && names.Length == made.Length + 1 + waves;
            if (revision > 0 && isWhole)
                held++;
            else
                Console.WriteLine($"{track} has {string.Join(' ', names)}");
        }

        return held;
    }

    /// <summary>Those of a track that are claimed, from the track's own prefix on.</summary>
    private static async Task<List<string>> Prefixes(NpgsqlDataSource postgres, Guid track)
    {
        await using var command = postgres.CreateCommand(
            $"""
            select substr(prefix, length('tracks/{track}/') + 1) from storage_claim where prefix like 'tracks/{track}/%'
            """
        );
        await using var reader = await command.ExecuteReaderAsync();
        var prefixes = new List<string>();
        while (await reader.ReadAsync())
            prefixes.Add(reader.GetString(0));
        return prefixes;
    }

    private static async Task<long> Count(NpgsqlDataSource postgres, string sql)
    {
        await using var command = postgres.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static string Sound(string folder, int seconds)
    {
        var path = Path.Combine(folder, $"sound{seconds}.wav");
        File.WriteAllBytes(path, LoadBench.Tone(TimeSpan.FromSeconds(seconds)));
        return path;
    }
}

using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Veza.Infrastructure.Media;
using Veza.Infrastructure.Postgres;
using Credits = Veza.Demo.Credits;
using Song = Veza.Demo.Song;
using Studio = Veza.Demo.Studio;
using WavFile = Veza.Demo.WavFile;

namespace Veza.Bench.Load;

/// <summary>
/// What hearing costs beside encoding, what is heard in songs whose tempo and key are known, whether a print tells
/// recordings apart, and how long it takes to find one among many.
/// </summary>
internal sealed class AnalysisBench : IDisposable
{
    private const double TrackS = 240;
    private const int Searches = 200;
    private static readonly string[][] Encodings =
    [
        ["96k.mp3", "-b:a", "96k"],
        ["64k.opus", "-c:a", "libopus", "-b:a", "64k"],
        ["cut.m4a", "-ss", "1", "-c:a", "aac", "-b:a", "128k"],
        ["soft.mp3", "-af", "volume=0.3,lowpass=6000", "-b:a", "64k"],
    ];

    /// <summary>
    /// As the songs' own code has it. Fjord Before Light has no beat, Seven Steps neither even beats nor a major or
    /// minor scale.
    /// </summary>
    private static readonly Dictionary<string, (double? Bpm, string? Key)> Stated = new()
    {
        ["letters-from-the-coast"] = (77, "G major"),
        ["harbour-lights"] = (121, "F minor"),
        ["pocket-dragon"] = (150, "A minor"),
        ["night-bus"] = (79, "D# major"),
        ["seven-steps"] = (null, null),
        ["fjord-before-light"] = (null, "D major"),
    };

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("veza-analysis-");

    internal static async Task<int> Run()
    {
        using var bench = new AnalysisBench();
        var report = new Report("analysis", "./dev bench analysis", "what", "figure", "beside it");
        var sandbox = await MediaSandbox.Detect(CancellationToken.None);
        var songs = bench.Songs();
        await bench.Cost(report, sandbox, songs["harbour-lights"]);
        await bench.Heard(report, sandbox, songs);
        await bench.Prints(report, sandbox, songs);
        await Search(report);
        await report.Save(
            "CPU of the encoders is that of their processes; of hearing, of a thread that does nothing else. "
                + "Differences are shares of bits; up to "
                + $"{Fingerprint.DifferenceMax.ToString(CultureInfo.InvariantCulture)} counts as the same recording."
        );
        return 0;
    }

    public void Dispose() => folder.Delete(recursive: true);

    private Dictionary<string, string> Songs()
    {
        var studio = new Studio();
        var files = new Dictionary<string, string>();
        foreach (var song in Song.All)
        {
            Credits credits = song.Credits;
            var bus = song.Render(studio);
            WavFile.Write(files[credits.Slug] = PathOf($"{credits.Slug}.wav"), bus, credits);
            studio.Close(bus);
        }

        return files;
    }

    private async Task Cost(Report report, MediaSandbox sandbox, string song)
    {
        var path = PathOf("four-minutes.wav");
        await Ffmpeg("-stream_loop", "-1", "-i", song, "-t", $"{TrackS}", path);
        var (before, watch) = (ChildrenCpuS(), Stopwatch.StartNew());
        await Encode(sandbox, path);
        var (encoders, wall) = (ChildrenCpuS() - before, watch.Elapsed.TotalSeconds);

        var pcm = await Pcm(path);
        var heardMs = new List<double>();
        AudioAnalyzer listener = null!;
        for (var round = 0; round < 5; round++)
        {
            watch.Restart();
            listener = new AudioAnalyzer(44100);
            for (var at = 0; at < pcm.Length; at += 32_768)
                listener.Add(pcm.AsSpan(at, Math.Min(32_768, pcm.Length - at)));
            listener.Finish(null);
            heardMs.Add(watch.Elapsed.TotalMilliseconds);
        }

        before = ChildrenCpuS();
        using (var work = MediaWork.Create(PathOf("scratch")))
            await Fingerprint.Read(sandbox, work, listener.Clip, CancellationToken.None);
        var printS = ChildrenCpuS() - before;
        report.Row(
            "a 4-minute track, encoded and heard",
            $"{wall:0.0} s, {encoders:0.0} s of CPU in ffmpeg and fpcalc",
            ""
        );
        report.Row(
            "hearing it: tempo, key, silence, waveform",
            $"{heardMs.Min():0} ms",
            $"{heardMs.Min() / 10 / encoders:0.00} % of that"
        );
        report.Row("its print by fpcalc", $"{printS * 1000:0} ms", $"{printS * 100 / encoders:0.00} % of that");
    }

    private async Task Heard(Report report, MediaSandbox sandbox, Dictionary<string, string> songs)
    {
        foreach (var (slug, path) in songs)
        {
            var heard = await Hear(sandbox, path);
            var (bpm, key) = Stated[slug];
            var tempo = heard.Tempo is { } beat ? $"{beat.Bpm:0.0} bpm ({beat.Confidence:0.00})" : "no tempo";
            report.Row(
                slug,
                $"{tempo}, {(heard.Key is { } found ? $"{found.Name} ({found.Confidence:0.00})" : "no key")}",
                $"stated: {(bpm is { } b ? $"{b} bpm" : "no even beat")}, {key ?? "D hijaz"}"
            );
        }
    }

    private async Task Prints(Report report, MediaSandbox sandbox, Dictionary<string, string> songs)
    {
        var prints = new List<(string Song, string Form, Fingerprint Print)>();
        foreach (var (slug, path) in songs)
        {
            prints.Add((slug, "wav", (await Hear(sandbox, path)).Print!));
            foreach (var encoding in Encodings)
            {
                var other = PathOf($"{slug}.{encoding[0]}");
                await Ffmpeg(["-i", path, .. encoding[1..], other]);
                prints.Add((slug, encoding[0], (await Hear(sandbox, other)).Print!));
            }
        }

        var pairs = prints
            .SelectMany(
                (a, i) =>
                    prints
                        .Skip(i + 1)
                        .Select(b =>
                            (
                                a,
                                b,
                                Difference: a.Print.DifferenceFrom(b.Print),
                                Shared: a.Print.Keys().Intersect(b.Print.Keys()).Count()
                            )
                        )
            )
            .ToArray();
        var (same, others) = (
            pairs.Where(p => p.a.Song == p.b.Song).ToArray(),
            pairs.Where(p => p.a.Song != p.b.Song).ToArray()
        );
        report.Row(
            "the same song in two encodings",
            $"{same.Count(p => p.Difference <= Fingerprint.DifferenceMax)} of {same.Length} pairs found",
            $"they differ by at most {same.Max(p => p.Difference ?? 1):0.000}, share at least "
                + $"{same.Min(p => p.Shared)} keys"
        );
        report.Row(
            "different songs",
            $"{others.Count(p => p.Difference <= Fingerprint.DifferenceMax)} of {others.Length} pairs taken for "
                + $"the same",
            $"{(others.Min(p => p.Difference) is { } least ? $"they differ by at least {least:0.000}" : "no two have a word in common")}, share at most {others.Max(p => p.Shared)} keys"
        );
    }

    private static async Task Search(Report report)
    {
        var count = int.Parse(
            Environment.GetEnvironmentVariable("VEZA_BENCH_PRINTS") ?? "100000",
            CultureInfo.InvariantCulture
        );
        await BenchServer.CreateDatabase("bench_analysis");
        await using var server = await BenchServer.Start(null, "bench_analysis", ("VEZA__ROLES", "api"));
        await using var postgres = NpgsqlDataSource.Create(server.Postgres + ";Command Timeout=3600");
        await Execute(
            postgres,
            """
            insert into account (id, username, email, display_name, password_hash)
              values (gen_random_uuid(), 'prints', 'prints@example.org', 'Prints', '')
            """
        );
        await Execute(
            postgres,
            $"""
            insert into track (id, account_id, title, visibility, status, storage_prefix, sha256, size_bytes)
            select gen_random_uuid(), a.id, 'Track ' || n, 'public', 'ready', 'tracks/' || n || '/', '', 1
              from account a, generate_series(1, {count}) n
            """
        );
        var watch = Stopwatch.StartNew();
        await Execute(
            postgres,
            """
            insert into track_fingerprint (track_id, keys, items)
            select t.id, array(select (hashtextextended(t.title, n) >> 33)::int from generate_series(1, 128) n), '{}'
              from track t
            """
        );
        var filledMs = watch.Elapsed.TotalMilliseconds;
        await Execute(postgres, "vacuum analyze");
        var timings = new Timings();
        var random = new Random(1);
        await using var source = PostgresSource.Open(server.Postgres, "bench");
        for (var search = 0; search < Searches; search++)
        {
            var print = new Fingerprint([.. Enumerable.Range(0, 2000).Select(_ => random.Next())]);
            watch.Restart();
            await Features.Tracks.KnownRecordings.Twin(source, Guid.CreateVersion7(), print, CancellationToken.None);
            timings.Add(watch.Elapsed.TotalMilliseconds, good: true);
        }

        await using var size = postgres.CreateCommand(
            "select pg_relation_size('track_fingerprint_keys_idx') / 1048576"
        );
        var mib = (long)(await size.ExecuteScalarAsync())!;
        report.Row(
            string.Create(CultureInfo.InvariantCulture, $"looking for a recording among {count:N0}"),
            $"p50 {timings.Percentile(0.5):0.0} ms, p95 {timings.Percentile(0.95):0.0} ms",
            $"index {mib} MiB, {filledMs / count:0.00} ms to add one"
        );
    }

    private static async Task Execute(NpgsqlDataSource postgres, string sql)
    {
        await using var command = postgres.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<AudioAnalysis> Hear(MediaSandbox sandbox, string path)
    {
        var listener = new AudioAnalyzer(44100);
        listener.Add(await Pcm(path));
        using var work = MediaWork.Create(PathOf("scratch"));
        return listener.Finish(await Fingerprint.Read(sandbox, work, listener.Clip, CancellationToken.None));
    }

    private async Task Encode(MediaSandbox sandbox, string path)
    {
        using var work = MediaWork.Create(PathOf("scratch"));
        File.Copy(path, work.SourcePath);
        await AudioEncoding.Run(
            sandbox,
            work,
            await AudioProbe.Read(sandbox, work, CancellationToken.None),
            null,
            CancellationToken.None
        );
    }

    private async Task<short[]> Pcm(string path)
    {
        var raw = PathOf("pcm.raw");
        await Ffmpeg("-i", path, "-ac", "1", "-ar", "44100", "-f", "s16le", raw);
        return System
            .Runtime.InteropServices.MemoryMarshal.Cast<byte, short>(await File.ReadAllBytesAsync(raw))
            .ToArray();
    }

    private static async Task Ffmpeg(params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo("ffmpeg", ["-nostdin", "-v", "error", "-y", .. arguments])
        )!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"ffmpeg ended with {process.ExitCode}");
    }

    private string PathOf(string name) => Path.Combine(folder.FullName, name);

    /// <summary>
    /// Of all processes that this one has started and that have ended: fields 16 and 17 of its stat, in hundredths of a
    /// second.
    /// </summary>
    private static double ChildrenCpuS()
    {
        var fields = File.ReadAllText("/proc/self/stat").Split(") ")[^1].Split(' ');
        return (
                long.Parse(fields[13], CultureInfo.InvariantCulture)
                + long.Parse(fields[14], CultureInfo.InvariantCulture)
            ) / 100d;
    }
}

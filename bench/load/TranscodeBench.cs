using System.Diagnostics;
using Npgsql;
using Veza.Infrastructure.Media;

namespace Veza.Bench.Load;

/// <summary>
/// A track through the whole pipeline, from the claim of its job to its end, beside bare ffmpeg doing the same
/// encodings and measurements: the same arguments, as many processes at once, no probe, no sandbox, no cutting, nothing
/// stored. In turn, so that a busy machine is so for both.
/// </summary>
internal static class TranscodeBench
{
    internal static async Task<int> Run(int seconds, int rounds)
    {
        var folder = Directory.CreateTempSubdirectory("veza-transcode-").FullName;
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        try
        {
            var song = Path.Combine(folder, "song.wav");
            await Make(song, seconds);
            await BenchServer.CreateDatabase("bench_transcode");
            await using var server = await BenchServer.Start(BenchServer.Native, "bench_transcode");
            using var veza = await BenchAccount.Register(server.Url, "bench");
            List<double> bare = [],
                whole = [];
            for (var round = 0; round < rounds; round++)
            {
                bare.Add(await Bare(song, folder, seconds));
                whole.Add(await Pipeline(veza, server, song));
                Console.WriteLine(
                    FormattableString.Invariant(
                        $"round {round + 1}: bare {bare[^1]:0.00} s, pipeline {whole[^1]:0.00} s"
                    )
                );
            }

            var parts = await Parts(song, folder);
            var together = await Together(veza, server, song, count: 2 * Environment.ProcessorCount);
            var report = new Report(
                "transcode",
                $"./dev bench transcode {seconds} {rounds}",
                $"a track of {seconds} s",
                "s, median",
                "fastest s",
                "times real time",
                "of bare ffmpeg"
            );
            Row("bare ffmpeg: 128k, 320k, FLAC, EBU R128, samples", bare);
            Row("the whole job: fetch, probe, encode, cut, store, commit", whole);
            foreach (var (name, took) in parts)
                report.Row($"of it: {name}", took, "", "", "");
            report.Row(
                $"{together.Count} tracks, {Environment.ProcessorCount} at once",
                together.Seconds,
                "",
                $"{together.Count * seconds / together.Seconds:0.0}",
                ""
            );
            await report.Save(
                $"{(BenchServer.Native is null ? "JIT" : "native")} build. \"Of bare\" compares medians of {rounds} rounds in turn; the goal is 1.10 at most. The job alone has the machine, as bare ffmpeg has."
            );
            return 0;

            void Row(string what, List<double> took) =>
                report.Row(
                    what,
                    Median(took),
                    took.Min(),
                    $"{seconds / Median(took):0.0}",
                    $"{Median(took) / Median(bare):0.000}"
                );
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    /// <summary>Chords, a pulse and noise: enough for every coder to have work, and the same each time.</summary>
    private static Task Make(string path, int seconds) =>
        Ffmpeg(
            Path.GetDirectoryName(path)!,
            [
                "-nostdin",
                "-v",
                "error",
                "-y",
                "-f",
                "lavfi",
                "-i",
                FormattableString.Invariant(
                    $"aevalsrc='0.2*sin(2*PI*220*t)+0.15*sin(2*PI*277*t)*sin(PI*t)+0.1*sin(2*PI*330*t)+0.15*random(0)*exp(-8*mod(t,0.5))|0.2*sin(2*PI*221*t)+0.15*sin(2*PI*370*t)*cos(PI*t)+0.1*sin(2*PI*440*t)+0.15*random(1)*exp(-8*mod(t,0.25))':s=44100:d={seconds}"
                ),
                path,
            ]
        );

    private static async Task<double> Bare(string song, string folder, int seconds)
    {
        var work = Directory.CreateDirectory(Path.Combine(folder, "bare")).FullName;
        Directory.CreateDirectory(Path.Combine(work, MediaWork.RawName));
        File.Copy(song, Path.Combine(work, MediaWork.SourceName), overwrite: true);
        var plan = new AudioPlan(44_100, 44_100, 2, 16);
        string[] input = ["-nostdin", "-y", "-hide_banner", .. AudioEncoding.Input(TimeSpan.FromSeconds(seconds + 10))];
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(
            Ffmpeg(work, [.. input, .. AudioEncoding.HeardOutputs(plan)]),
            Ffmpeg(work, [.. input, .. AudioEncoding.KeptOutputs(plan)])
        );
        return watch.Elapsed.TotalSeconds;
    }

    private static async Task Ffmpeg(string directory, string[] arguments)
    {
        // What it says and the samples go nowhere, by the shell: nothing of ours is in the way.
        using var process = Process.Start(
            new ProcessStartInfo("sh", ["-c", "exec ffmpeg \"$@\" >/dev/null 2>/dev/null", "ffmpeg", .. arguments])
            {
                WorkingDirectory = directory,
            }
        )!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"ffmpeg ended with {process.ExitCode}: {string.Join(' ', arguments)}");
    }

    private static async Task<double> Pipeline(BenchAccount veza, BenchServer server, string song)
    {
        var track = await veza.Upload(song);
        await veza.Ready(track);
        await using var postgres = NpgsqlDataSource.Create(server.Postgres);
        await using var command = postgres.CreateCommand(
            "select extract(epoch from finished_at - started_at)::float8 from job where subject_id = $1"
        );
        command.Parameters.Add(new NpgsqlParameter { Value = track });
        return (double)(await command.ExecuteScalarAsync())!;
    }

    private static async Task<(string Name, double Seconds)[]> Parts(string song, string folder)
    {
        var sandbox = await MediaSandbox.Detect(CancellationToken.None);
        using var work = MediaWork.Create(Path.Combine(folder, "scratch"));
        var watch = Stopwatch.StartNew();
        File.Copy(song, work.SourcePath);
        var fetched = watch.Elapsed.TotalSeconds;
        var facts = await AudioProbe.Read(sandbox, work, CancellationToken.None);
        var probed = watch.Elapsed.TotalSeconds;
        await AudioEncoding.Run(sandbox, work, facts, null, CancellationToken.None);
        return
        [
            ("fetch", fetched),
            ("probe", probed - fetched),
            ("encode and cut", watch.Elapsed.TotalSeconds - probed),
        ];
    }

    private static async Task<(int Count, double Seconds)> Together(
        BenchAccount veza,
        BenchServer server,
        string song,
        int count
    )
    {
        var tracks = new List<Guid>();
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < count; i++)
            tracks.Add(await veza.Upload(song));
        foreach (var track in tracks)
            await veza.Ready(track);
        return (count, watch.Elapsed.TotalSeconds);
    }
}

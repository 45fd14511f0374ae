using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Veza.Bench.Load;

/// <summary>
/// A folder of real music through a whole server: what was read of each file beside what ffprobe says, and each variant
/// decoded and laid over the decoded original, so that a gap, a lost end or a shift by one sample shows. Folders come
/// from VEZA_BENCH_MUSIC, or are those of Debian's game soundtracks.
/// </summary>
internal static class ImportBench
{
    private const int FilesMaxDefault = 100,
        AtOnce = 2,
        Channels = 2;

    /// <summary>How far a 16-bit sample may lie beside the original's: rounding from a coder's floats.</summary>
    private const int StepsMax = 2;
    private static readonly string[] Endings = [".ogg", ".mp3", ".flac", ".m4a", ".wav", ".opus", ".aiff"];
    private static readonly string[] Folders =
    [
        .. new[] { "wesnoth", "asc", "warzone2100", "singularity", "supertux2" }.Select(game =>
            $"/usr/share/games/{game}"
        ),
    ];

    private sealed record Imported(string Name, double Seconds, double Took, string Read, string Faults);

    internal static async Task<int> Run()
    {
        var folders = Environment.GetEnvironmentVariable("VEZA_BENCH_MUSIC")?.Split(':') ?? Folders;
        var filesMax = int.TryParse(Environment.GetEnvironmentVariable("VEZA_BENCH_FILES"), out var given)
            ? given
            : FilesMaxDefault;
        string[] files =
        [
            .. folders
                .Where(Directory.Exists)
                .SelectMany(f =>
                    Directory.EnumerateFiles(f, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
                )
                .Where(f => Endings.Contains(Path.GetExtension(f)) && new FileInfo(f).Length > 200_000)
                .Take(filesMax),
        ];
        if (files.Length == 0)
            throw new InvalidOperationException(
                $"No music in {string.Join(':', folders)}: apt install wesnoth-1.16-music asc-music "
                    + $"warzone2100-music singularity-music supertux-data, or set VEZA_BENCH_MUSIC."
            );
        await BenchServer.CreateDatabase("bench_import");
        await using var server = await BenchServer.Start(BenchServer.Native, "bench_import");
        var report = new Report(
            "import",
            "./dev bench import",
            "file",
            "seconds",
            "took, s",
            "title, artist, album, year, LUFS, BPM, key",
            "faults"
        );
        var watch = Stopwatch.StartNew();
        var imported = new Imported[files.Length];
        await Parallel.ForAsync(
            0,
            files.Length,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (i, _) =>
            {
                imported[i] = await Import(server, i, files[i]);
                Console.WriteLine($"{i + 1} of {files.Length}: {imported[i].Name} {imported[i].Faults}");
            }
        );
        foreach (var one in imported)
            report.Row(one.Name, one.Seconds, one.Took, one.Read, one.Faults);
        var faults = imported.Count(i => i.Faults.Length > 0);
        var seconds = imported.Sum(i => i.Seconds);
        await report.Save(
            FormattableString.Invariant(
                $"""
                {files.Length} files of {seconds
                    / 60:0} minutes in {watch.Elapsed.TotalMinutes:0.0} minutes, the decoding
                  and comparing of all variants included; {faults} with faults.
                The lossless variant is held to the original sample by sample ({StepsMax} steps of 16 bits at most),
                  the AAC variants to its length and to a signal at least 10 dB above what they change.
                """
            )
        );
        return faults == 0 ? 0 : 1;
    }

    private static async Task<Imported> Import(BenchServer server, int number, string path)
    {
        using var http = new HttpClient { BaseAddress = server.Url, Timeout = TimeSpan.FromMinutes(5) };
        var watch = Stopwatch.StartNew();
        // An account each: tokens outlive one track, not a hundred.
        var person = await Data(
            await http.PostAsJsonAsync(
                "/api/v1/auth/register",
                new
                {
                    email = $"i{number}@example.org",
                    username = $"importer{number}",
                    password = "only for the bench",
                }
            )
        );
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer",
            person.GetProperty("access_token").GetString()
        );
        await using var file = File.OpenRead(path);
        using var form = new MultipartFormDataContent { { new StreamContent(file), "file", Path.GetFileName(path) } };
        var id = (await Data(await http.PostAsync("/api/v1/tracks", form))).GetProperty("id").GetString();
        JsonElement track;
        do
        {
            await Task.Delay(500);
            track = await Data(await http.GetAsync($"/api/v1/tracks/{id}"));
        } while (track.GetProperty("status").GetString() is "queued" or "processing");
        var took = watch.Elapsed.TotalSeconds;
        if (track.GetProperty("status").GetString() != "ready")
            return new Imported(Path.GetFileName(path), 0, took, "", track.GetProperty("failure").GetRawText());
        var faults = await Faults(http, track, path);
        return new Imported(
            Path.GetFileName(path),
            track.GetProperty("duration_ms").GetInt64() / 1000d,
            took,
            Read(track),
            string.Join("; ", faults)
        );
    }

    private static string Read(JsonElement track) =>
        string.Join(
            ", ",
            new[] { "title", "artist", "album", "release_year", "loudness_lufs", "bpm", "musical_key" }.Select(name =>
                track.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
                    ? value.ToString()
                    : "-"
            )
        );

    private static async Task<List<string>> Faults(HttpClient http, JsonElement track, string path)
    {
        var faults = new List<string>();
        var tags = await Tags(path);
        foreach (var (tag, field) in new[] { ("title", "title"), ("artist", "artist"), ("album", "album") })
            if (
                tags.TryGetValue(tag, out var said)
                && said.Trim().Length > 0
                && track.GetProperty(field).GetString() != said.Trim()
            )
                faults.Add($"{field} is '{track.GetProperty(field)}', not '{said}'");
        var variants = (
            await Data(await http.GetAsync($"/api/v1/tracks/{track.GetProperty("id").GetString()}/stream"))
        ).GetProperty("variants");
        var rateHz = track.GetProperty("sample_rate_hz").GetInt32() % 11_025 == 0 ? 44_100 : 48_000;
        var original = await Decoded(path, rateHz);
        foreach (var variant in variants.EnumerateArray())
        {
            var quality = variant.GetProperty("quality").GetString()!;
            var decoded = await Decoded(variant.GetProperty("url").GetString()!, rateHz);
            // ffmpeg does not honour the edit list of fragmented MP4: the encoder's first frame is taken off here, as
            // players do.
            if (quality != "lossless")
                decoded = decoded.AsMemory(Math.Min(decoded.Length, 1024 * Channels)).ToArray();
            if (Compare(quality, original, decoded) is { } fault)
                faults.Add(fault);
        }

        return faults;
    }

    private static string? Compare(string quality, short[] original, short[] decoded)
    {
        var missing = (original.Length - decoded.Length) / Channels;
        // The end of AAC is padding up to a frame.
        if (quality == "lossless" ? missing != 0 : missing is > 0 or < -1024)
            return $"{quality} is {missing} samples short";
        double signal = 0,
            noise = 0;
        var most = 0;
        for (var i = 0; i < Math.Min(original.Length, decoded.Length); i++)
        {
            var off = original[i] - decoded[i];
            most = Math.Max(most, Math.Abs(off));
            signal += (double)original[i] * original[i];
            noise += (double)off * off;
        }

        if (quality == "lossless")
            return most <= StepsMax ? null : $"lossless differs by {most} steps";
        var db = 10 * Math.Log10((signal + 1) / (noise + 1));
        return db >= 10 ? null : FormattableString.Invariant($"{quality} is only {db:0.0} dB above its error");
    }

    private static async Task<short[]> Decoded(string source, int rateHz)
    {
        using var process = Process.Start(
            new ProcessStartInfo(
                "ffmpeg",
                [
                    "-nostdin",
                    "-v",
                    "error",
                    "-i",
                    source,
                    "-map",
                    "0:a:0",
                    "-ac",
                    $"{Channels}",
                    "-ar",
                    rateHz.ToString(CultureInfo.InvariantCulture),
                    "-f",
                    "s16le",
                    "pipe:1",
                ]
            )
            {
                RedirectStandardOutput = true,
            }
        )!;
        using var pcm = new MemoryStream();
        await process.StandardOutput.BaseStream.CopyToAsync(pcm);
        await process.WaitForExitAsync();
        return MemoryMarshal.Cast<byte, short>(pcm.GetBuffer().AsSpan(0, (int)pcm.Length)).ToArray();
    }

    private static async Task<Dictionary<string, string>> Tags(string path)
    {
        using var process = Process.Start(
            new ProcessStartInfo(
                "ffprobe",
                ["-v", "error", "-show_entries", "format_tags:stream_tags", "-of", "json", path]
            )
            {
                RedirectStandardOutput = true,
            }
        )!;
        using var json = await JsonDocument.ParseAsync(process.StandardOutput.BaseStream);
        await process.WaitForExitAsync();
        var tags = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (
            var holder in json
                .RootElement.GetProperty("streams")
                .EnumerateArray()
                .Append(json.RootElement.GetProperty("format"))
        )
            if (holder.TryGetProperty("tags", out var found))
                foreach (var tag in found.EnumerateObject())
                    tags[tag.Name] = tag.Value.GetString() ?? "";
        return tags;
    }

    private static async Task<JsonElement> Data(HttpResponseMessage answer)
    {
        using (answer)
        {
            var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
            return answer.IsSuccessStatusCode
                ? body.GetProperty("data")
                : throw new InvalidOperationException(body.GetRawText());
        }
    }
}

using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;

namespace Veza.Bench.Load;

/// <summary>
/// The main job under load: read a track, play it in ranges, post to a room, upload. The bare route of the same server
/// stands beside the reads, and hashing and copying the same file beside the upload.
/// </summary>
internal static class LoadBench
{
    private const int Connections = 32,
        ReadBytes = 64 * 1024,
        UploadMib = 256;
    private static readonly TimeSpan Each = TimeSpan.FromSeconds(8);

    internal static async Task<int> Run()
    {
        await BenchServer.CreateDatabase("bench_load");
        await using var server = await BenchServer.Start(BenchServer.Native, "bench_load");
        using var http = new HttpClient { BaseAddress = server.Url, Timeout = TimeSpan.FromMinutes(5) };
        var stage = await Prepare(http);
        var report = new Report(
            "load",
            "./dev bench load",
            "action",
            "per second",
            "p50 ms",
            "p99 ms",
            "errors",
            "of the bare route"
        );
        Console.WriteLine(
            $"{(BenchServer.Native is null ? "JIT" : "native")} build, {Connections} connections, {Each.TotalSeconds:0} s each; the load generator shares the machine"
        );
        var bare = await Measure("bare route (GET /health/live)", () => http.GetAsync("/health/live"), report, null);
        await Measure("read a track", () => http.GetAsync($"/api/v1/tracks/{stage.TrackId}"), report, bare);
        await Measure("play 64 KiB", () => http.SendAsync(Range(stage.Variant)), report, bare);
        await Measure(
            "read a page of history",
            () => http.GetAsync($"/api/v1/chat/rooms/{stage.RoomId}/messages?limit=20"),
            report,
            bare
        );
        await Measure(
            "post a message",
            () =>
                http.PostAsJsonAsync(
                    $"/api/v1/chat/rooms/{stage.RoomId}/messages",
                    new
                    {
                        client_id = Guid.CreateVersion7().ToString(),
                        content = "A message of usual length, say about sixty characters or so",
                    }
                ),
            report,
            bare
        );
        var remark = await Upload(server, http);
        await report.Save(remark);
        return 0;
    }

    private sealed record Stage(string TrackId, string Variant, string RoomId);

    private static async Task<Stage> Prepare(HttpClient http)
    {
        var signedIn = await Data(
            await http.PostAsJsonAsync(
                "/api/v1/auth/register",
                new
                {
                    email = "bench@example.org",
                    username = "bench",
                    password = "only for the bench",
                }
            )
        );
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer",
            signedIn.GetProperty("access_token").GetString()
        );
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent(Tone(TimeSpan.FromSeconds(20))), "file", "tone.wav" },
        };
        var track = (await Data(await http.PostAsync("/api/v1/tracks", form))).GetProperty("id").GetString()!;
        for (
            string? status = null;
            status != "ready";
            status = (await Data(await http.GetAsync($"/api/v1/tracks/{track}/status")))
                    .GetProperty("status")
                    .GetString()
        )
        {
            if (status == "failed")
                throw new InvalidOperationException("The bench's own track failed.");
            await Task.Delay(100);
        }

        var stream = await Data(await http.GetAsync($"/api/v1/tracks/{track}/stream"));
        var room = await Data(await http.PostAsJsonAsync("/api/v1/chat/rooms", new { name = "Bench" }));
        return new Stage(
            track,
            stream.GetProperty("variants")[2].GetProperty("url").GetString()!,
            room.GetProperty("id").GetString()!
        );
    }

    private static async Task<double> Measure(
        string action,
        Func<Task<HttpResponseMessage>> call,
        Report report,
        double? bare
    )
    {
        var timings = new Timings();
        var warm = Stopwatch.StartNew();
        while (warm.Elapsed < TimeSpan.FromSeconds(1))
            (await call()).Dispose();
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(
            Enumerable
                .Range(0, Connections)
                .Select(async _ =>
                {
                    while (watch.Elapsed < Each)
                    {
                        var began = Stopwatch.GetTimestamp();
                        using var answer = await call();
                        await answer.Content.CopyToAsync(Stream.Null);
                        timings.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds, answer.IsSuccessStatusCode);
                    }
                })
        );
        var rate = timings.Count / watch.Elapsed.TotalSeconds;
        report.Row(
            action,
            Math.Round(rate),
            timings.Percentile(0.5),
            timings.Percentile(0.99),
            timings.Errors,
            bare is { } whole ? $"{rate / whole:0.00}" : "1.00"
        );
        return rate;
    }

    private static async Task<string> Upload(BenchServer server, HttpClient http)
    {
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(path, [.. Tone(TimeSpan.FromSeconds(1)), .. new byte[UploadMib << 20]]);
            var watch = Stopwatch.StartNew();
            await using (var file = File.OpenRead(path))
                await SHA256.HashDataAsync(file);
            File.Copy(path, path + ".copy", overwrite: true);
            await using (var copy = new FileStream(path + ".copy", FileMode.Open))
                copy.Flush(flushToDisk: true);
            var limitS = watch.Elapsed.TotalSeconds;
            server.ForgetPeak();
            var idleMib = server.MemoryMib("VmRSS");
            await using var body = File.OpenRead(path);
            using var form = new MultipartFormDataContent
            {
                { new StreamContent(body, 1 << 17), "file", "large.wav" },
                { new StringContent("private"), "visibility" },
            };
            watch.Restart();
            var id = (await Data(await http.PostAsync("/api/v1/tracks", form))).GetProperty("id").GetString();
            var tookS = watch.Elapsed.TotalSeconds;
            var peakMib = server.MemoryMib("VmHWM");
            await http.DeleteAsync($"/api/v1/tracks/{id}");
            return string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"Upload of {UploadMib} MiB, hashed and durable: {tookS:0.00} s; hashing, copying and syncing "
                    + $"the same file alone: {limitS:0.00} s; ratio {limitS / tookS:0.00}; memory over idle at its "
                    + $"peak {peakMib - idleMib:0} MiB."
            );
        }
        finally
        {
            File.Delete(path);
            File.Delete(path + ".copy");
        }
    }

    private static HttpRequestMessage Range(string url)
    {
        var from = Random.Shared.Next(0, 1_000_000);
        var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Range = new RangeHeaderValue(from, from + ReadBytes - 1);
        return request;
    }

    internal static async Task<JsonElement> Data(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        if (!answer.IsSuccessStatusCode)
            throw new InvalidOperationException(
                $"{answer.RequestMessage!.RequestUri}: {(int)answer.StatusCode} {text}"
            );
        return JsonDocument.Parse(text).RootElement.GetProperty("data");
    }

    /// <summary>A WAV of a tone under noise, so that FLAC cannot make it small.</summary>
    internal static byte[] Tone(TimeSpan length)
    {
        const int rateHz = 44_100;
        var samples = (int)(length.TotalSeconds * rateHz);
        var wav = new MemoryStream();
        using var writer = new BinaryWriter(wav);
        writer.Write("RIFF"u8);
        writer.Write(36 + samples * 4);
        writer.Write("WAVEfmt "u8);
        writer.Write(16);
        writer.Write((short)1);
        writer.Write((short)2);
        writer.Write(rateHz);
        writer.Write(rateHz * 4);
        writer.Write((short)4);
        writer.Write((short)16);
        writer.Write("data"u8);
        writer.Write(samples * 4);
        var random = new Random(1);
        for (var i = 0; i < samples * 2; i++)
            writer.Write((short)(8000 * Math.Sin(i / 2 * 440 * Math.Tau / rateHz) + random.Next(-4000, 4000)));
        return wav.ToArray();
    }
}

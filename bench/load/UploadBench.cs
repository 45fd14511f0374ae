using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Veza.Bench.Load;

/// <summary>
/// 500 MB hashed and stored, by a form, by tus in one request and in chunks, beside what the machine can do at all:
/// <c>openssl dgst -sha256</c> and <c>cp</c> with a sync.
/// </summary>
internal static class UploadBench
{
    private const int FileBytes = 500_000_000,
        ChunkBytes = 16 * 1024 * 1024,
        Rounds = 3;

    internal static async Task<int> Run()
    {
        await BenchServer.CreateDatabase("bench_uploads");
        // Only what takes uploads: a worker would begin to transcode what is being measured.
        await using var server = await BenchServer.Start(BenchServer.Native, "bench_uploads", ("VEZA__ROLES", "api"));
        using var http = new HttpClient { BaseAddress = server.Url, Timeout = TimeSpan.FromMinutes(5) };
        using var signedIn = JsonDocument.Parse(
            await (
                await http.PostAsJsonAsync(
                    "/api/v1/auth/register",
                    new
                    {
                        email = "bench@example.org",
                        username = "bench",
                        password = "only for the bench",
                    }
                )
            ).Content.ReadAsStringAsync()
        );
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer",
            signedIn.RootElement.GetProperty("data").GetProperty("access_token").GetString()
        );
        var path = Path.Combine(Path.GetTempPath(), $"veza-bench-{Environment.ProcessId}.wav");
        try
        {
            await Write(path);
            await Measure(server, http, path);
            return 0;
        }
        finally
        {
            File.Delete(path);
            File.Delete(path + ".copy");
        }
    }

    private static async Task Measure(BenchServer server, HttpClient http, string path)
    {
        var report = new Report(
            "uploads",
            "./dev bench uploads",
            "way",
            "s, best of 3",
            "MB/s",
            "openssl + cp, of it",
            "memory over idle at its peak, MiB"
        );
        var limitS = await Best(() =>
            Shell($"openssl dgst -sha256 '{path}' && cp '{path}' '{path}.copy' && sync '{path}.copy'")
        );
        report.Row(
            "openssl dgst -sha256, cp, sync",
            Math.Round(limitS, 2),
            Math.Round(FileBytes / limitS / 1e6),
            "1.00",
            "-"
        );
        (string Way, Func<Task<string>> Upload)[] ways =
        [
            ("multipart form", () => Form(http, path)),
            ("tus, one PATCH", () => Tus(http, path, FileBytes)),
            ($"tus, PATCHes of {ChunkBytes >> 20} MiB", () => Tus(http, path, ChunkBytes)),
        ];
        foreach (var (way, upload) in ways)
        {
            var peakMib = 0.0;
            var tookS = await Best(
                async () =>
                {
                    server.ForgetPeak();
                    var idleMib = server.MemoryMib("VmRSS");
                    var id = await upload();
                    peakMib = Math.Max(peakMib, server.MemoryMib("VmHWM") - idleMib);
                    return id;
                },
                id => http.DeleteAsync($"/api/v1/tracks/{id}")
            );
            report.Row(
                way,
                Math.Round(tookS, 2),
                Math.Round(FileBytes / tookS / 1e6),
                FormattableString.Invariant($"{limitS / tookS:0.00}"),
                peakMib
            );
        }

        await report.Save(
            $"{(BenchServer.Native is null ? "JIT" : "native")} build, files in a directory. The client shares the machine. Killed servers and cut lines: `VEZA_TEST_KILLS=200 VEZA_TEST_CUTS=50 ./dev test --filter UploadCrashTests`, and with `--s3`."
        );
    }

    private static async Task<double> Best(Func<Task<string>> work, Func<string, Task>? after = null)
    {
        var best = double.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var watch = Stopwatch.StartNew();
            var outcome = await work();
            best = Math.Min(best, watch.Elapsed.TotalSeconds);
            if (after is not null)
                await after(outcome);
        }

        return best;
    }

    private static async Task<string> Form(HttpClient http, string path)
    {
        await using var body = File.OpenRead(path);
        using var form = new MultipartFormDataContent
        {
            { new StreamContent(body, 1 << 17), "file", "large.wav" },
            { new StringContent("private"), "visibility" },
        };
        using var answer = await http.PostAsync("/api/v1/tracks", form);
        using var track = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return track.RootElement.GetProperty("data").GetProperty("id").GetString()!;
    }

    private static async Task<string> Tus(HttpClient http, string path, int chunkBytes)
    {
        using var create = new HttpRequestMessage(HttpMethod.Post, "/api/v1/uploads")
        {
            Headers = { { "Tus-Resumable", "1.0.0" }, { "Upload-Length", $"{FileBytes}" } },
        };
        using var created = (await http.SendAsync(create)).EnsureSuccessStatusCode();
        var url = created.Headers.Location!;
        for (var offset = 0; ; )
        {
            await using var file = File.OpenRead(path);
            file.Position = offset;
            var content = new StreamContent(
                new Veza.Infrastructure.ObjectStorage.PartStream(file, Math.Min(chunkBytes, FileBytes - offset)),
                1 << 17
            );
            content.Headers.ContentType = new MediaTypeHeaderValue("application/offset+octet-stream");
            content.Headers.ContentLength = Math.Min(chunkBytes, FileBytes - offset);
            using var patch = new HttpRequestMessage(HttpMethod.Patch, url)
            {
                Content = content,
                Headers = { { "Tus-Resumable", "1.0.0" }, { "Upload-Offset", $"{offset}" } },
            };
            using var answer = (await http.SendAsync(patch)).EnsureSuccessStatusCode();
            offset += (int)content.Headers.ContentLength;
            if (offset == FileBytes)
                return answer.Headers.GetValues("Veza-Track-Id").Single();
        }
    }

    private static async Task<string> Shell(string command)
    {
        using var process = Process.Start(
            new ProcessStartInfo("sh", ["-c", command]) { RedirectStandardOutput = true }
        )!;
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? said
            : throw new InvalidOperationException($"'{command}' ended with {process.ExitCode}");
    }

    /// <summary>A WAV of noise.</summary>
    private static async Task Write(string path)
    {
        byte[] header =
        [
            .. "RIFF\0\0\0\0WAVEfmt "u8,
            16,
            0,
            0,
            0,
            1,
            0,
            2,
            0,
            0x44,
            0xAC,
            0,
            0,
            0x10,
            0xB1,
            2,
            0,
            4,
            0,
            16,
            0,
            .. "data\0\0\0\0"u8,
        ];
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), FileBytes - 8);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(40), FileBytes - header.Length);
        var noise = new byte[1_000_000];
        new Random(1).NextBytes(noise);
        await using var file = File.Create(path);
        await file.WriteAsync(header);
        while (file.Position < FileBytes)
            await file.WriteAsync(noise.AsMemory(0, (int)Math.Min(noise.Length, FileBytes - file.Position)));
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Veza.Bench.Load;

namespace Veza.Bench.Fuzz;

/// <summary>
/// Strangers' files by the thousand, through the front door of a whole server: crafted ones and seeds with flipped
/// bits. Each must be refused or end as a track or a named failure within two minutes; nothing else is opened, nobody
/// is called, nothing goes down, and what failed leaves nothing in storage.
/// </summary>
internal static class FuzzBench
{
    private const int FuzzedDefault = 2000,
        AtOnce = 4;
    private static readonly TimeSpan EachMax = TimeSpan.FromSeconds(120);
    private static readonly string[] Ratios = ["0.00005", "0.0005", "0.004:0.02"];

    private sealed record Outcome(string Case, string Code, TimeSpan Took, bool IsFault);

    internal static async Task<int> Run()
    {
        var fuzzed = int.TryParse(Environment.GetEnvironmentVariable("VEZA_BENCH_FUZZED"), out var given)
            ? given
            : FuzzedDefault;
        using var seeds = new SeedSounds();
        await seeds.Make();
        using var canary = new Canary(seeds.Bytes("a.wav"));
        canary.Prove();
        AudioCase[] crafted = [.. CraftedLists.All(canary, seeds), .. CraftedHeaders.All(seeds)];

        await BenchServer.CreateDatabase("bench_fuzz");
        await using var server = await BenchServer.Start(BenchServer.Native, "bench_fuzz");
        using var http = new HttpClient { BaseAddress = server.Url, Timeout = TimeSpan.FromMinutes(3) };
        using var signedIn = await http.PostAsJsonAsync(
            "/api/v1/auth/register",
            new
            {
                email = "fuzz@example.org",
                username = "fuzz",
                password = "only for the bench",
            }
        );
        signedIn.EnsureSuccessStatusCode();
        var began = Stopwatch.StartNew();
        using var token = new Token(
            http,
            (await signedIn.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("data")
        );

        var report = new Report("fuzz", "./dev bench fuzz", "outcome", "crafted", "fuzzed");
        var ofCrafted = await TryAll(http, token, crafted.Select(c => Task.FromResult(c)), "crafted");
        var names = seeds.Names.ToArray();
        var ofFuzzed = await TryAll(http, token, Fuzzed(seeds, names, fuzzed), "fuzzed");

        foreach (var code in ofCrafted.Concat(ofFuzzed).Select(o => o.Code).Distinct().Order(StringComparer.Ordinal))
            report.Row(code, ofCrafted.Count(o => o.Code == code), ofFuzzed.Count(o => o.Code == code));
        var faults = ofCrafted.Concat(ofFuzzed).Where(o => o.IsFault).ToArray();
        var longest = ofCrafted.Concat(ofFuzzed).MaxBy(o => o.Took)!;
        var left = server.StoredFolders("tracks") - ofCrafted.Concat(ofFuzzed).Count(o => o.Code == "ready");
        var sound =
            faults.Length == 0 && canary.Touches == 0 && canary.Connections == 0 && !server.HasEnded && left == 0;
        await report.Save(
            FormattableString.Invariant(
                $"""
                {crafted.Length} crafted and {ofFuzzed.Length} fuzzed files (zzuf, bits flipped at {string.Join(
                    ", ",
                    Ratios
                )}), {AtOnce} at once, in {began.Elapsed.TotalMinutes:0.0} minutes.
                Other files opened: {canary.Touches}. Connections made: {canary.Connections}. The server {(
                    server.HasEnded ? "went down" : $"stands, at {server.MemoryMib("VmHWM:"):0} MiB at most"
                )}.
                Folders in storage without a ready track: {left}. The longest took {longest.Took.TotalSeconds:0.0} s ({longest.Case}). Faults: {faults.Length}{string.Concat(
                    faults.Select(f => $"\n- {f.Case}: {f.Code}")
                )}
                """
            )
        );
        return sound ? 0 : 1;
    }

    private static IEnumerable<Task<AudioCase>> Fuzzed(SeedSounds seeds, string[] names, int count)
    {
        for (var i = 0; i < count; i++)
            yield return Fuzz(i);
        async Task<AudioCase> Fuzz(int i)
        {
            var (name, ratio) = (names[i % names.Length], Ratios[i / names.Length % Ratios.Length]);
            return new($"{name}, zzuf -s {i} -r {ratio}", await seeds.Fuzz(name, i, ratio));
        }
    }

    private static async Task<Outcome[]> TryAll(
        HttpClient http,
        Token token,
        IEnumerable<Task<AudioCase>> cases,
        string what
    )
    {
        var outcomes = new ConcurrentBag<Outcome>();
        await using var progress = new Timer(
            _ => Console.WriteLine($"{outcomes.Count} {what} files tried"),
            null,
            TimeSpan.FromSeconds(30),
            TimeSpan.FromSeconds(30)
        );
        // One after the other is made, since the seeds share a file; so many are tried at once.
        using var slots = new SemaphoreSlim(AtOnce);
        var running = new List<Task>();
        foreach (var next in cases)
        {
            await slots.WaitAsync();
            var made = await next;
            running.Add(
                Task.Run(async () =>
                {
                    try
                    {
                        outcomes.Add(await Try(http, token, made));
                    }
                    finally
                    {
                        slots.Release();
                    }
                })
            );
        }

        await Task.WhenAll(running);
        return [.. outcomes];
    }

    private static async Task<Outcome> Try(HttpClient http, Token token, AudioCase made)
    {
        var watch = Stopwatch.StartNew();
        using var form = new MultipartFormDataContent
        {
            { new StringContent("private"), "visibility" },
            { new ByteArrayContent(made.Bytes), "file", "stranger.mp3" },
        };
        var (status, uploaded) = await token.Send(HttpMethod.Post, "/api/v1/tracks", form);
        if (status != 202)
            return new Outcome(
                made.Name,
                $"{status} {uploaded.GetProperty("error_code").GetString()}",
                watch.Elapsed,
                status is >= 500 or < 400
            );
        var id = uploaded.GetProperty("data").GetProperty("id").GetString();
        while (watch.Elapsed < EachMax)
        {
            var (_, answer) = await token.Send(HttpMethod.Get, $"/api/v1/tracks/{id}/status", null);
            var track = answer.GetProperty("data");
            var state = track.GetProperty("status").GetString();
            if (state == "ready")
                return new Outcome(made.Name, "ready", watch.Elapsed, false);
            if (state == "failed")
            {
                var code = track.GetProperty("failure").GetProperty("code").GetString()!;
                return new Outcome(made.Name, code, watch.Elapsed, code == "PROCESSING_FAILED");
            }

            await Task.Delay(50);
        }

        return new Outcome(
            made.Name,
            string.Format(CultureInfo.InvariantCulture, "not done in {0} s", EachMax.TotalSeconds),
            watch.Elapsed,
            true
        );
    }

    /// <summary>An access token that is renewed: the bench outlives its ten minutes.</summary>
    private sealed class Token(HttpClient http, JsonElement signedIn) : IDisposable
    {
        private static readonly TimeSpan Good = TimeSpan.FromMinutes(5);
        private readonly SemaphoreSlim gate = new(1);
        private (string Access, string Refresh, DateTime Until) current = Read(signedIn);

        internal async Task<(int Status, JsonElement Body)> Send(HttpMethod method, string path, HttpContent? content)
        {
            using var request = new HttpRequestMessage(method, path) { Content = content };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await Access());
            using var answer = await http.SendAsync(request);
            return ((int)answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>());
        }

        public void Dispose() => gate.Dispose();

        private async Task<string> Access()
        {
            await gate.WaitAsync();
            try
            {
                if (DateTime.UtcNow > current.Until)
                {
                    using var answer = await http.PostAsJsonAsync(
                        "/api/v1/auth/refresh",
                        new { refresh_token = current.Refresh }
                    );
                    answer.EnsureSuccessStatusCode();
                    current = Read((await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("data"));
                }

                return current.Access;
            }
            finally
            {
                gate.Release();
            }
        }

        private static (string, string, DateTime) Read(JsonElement pair) =>
            (
                pair.GetProperty("access_token").GetString()!,
                pair.GetProperty("refresh_token").GetString()!,
                DateTime.UtcNow + Good
            );
    }
}

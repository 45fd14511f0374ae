using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Veza.Bench.Load;

/// <summary>
/// Signing in: how near it comes to what bcrypt alone can do here, what checking a token costs, what a flood does to
/// the other routes, and whether time tells who has an account.
/// </summary>
internal static class IdentityBench
{
    private const int Accounts = 16,
        FloodConnections = 64,
        Readers = 4,
        TimingsDefault = 500;
    private const string Password = "only for the bench",
        WrongPassword = "not what it is";
    private static readonly TimeSpan Each = TimeSpan.FromSeconds(8);

    internal static async Task<int> Run()
    {
        await BenchServer.CreateDatabase("bench_identity");
        // Guesses at the same names again and again are what is measured here.
        await using var server = await BenchServer.Start(
            BenchServer.Native,
            "bench_identity",
            ("VEZA__LIMITS__SIGN_IN__PER_SUBJECT", "0"),
            ("VEZA__LIMITS__MAIL__PER_SUBJECT", "0"),
            ("VEZA__LIMITS__CODE__PER_SUBJECT", "0"),
            ("VEZA__MAIL__SMTP", "smtp://127.0.0.1:9?tls=none"),
            ("VEZA__MAIL__FROM", "Veza <no-reply@example.org>")
        );
        using var http = new HttpClient { BaseAddress = server.Url, Timeout = TimeSpan.FromMinutes(2) };
        var token = "";
        for (var i = 0; i < Accounts; i++)
            token = await Register(http, i);

        var report = new Report(
            "identity",
            "./dev bench identity",
            "what",
            "per second",
            "p50 ms",
            "p99 ms",
            "of the limit"
        );
        var busy = (await File.ReadAllTextAsync("/proc/loadavg")).Split(' ')[0];
        Console.WriteLine(
            $"{(BenchServer.Native is null ? "JIT" : "native")} build; the load generator shares the machine"
        );
        var limit = BcryptAlone(report);
        await Logins(http, report, limit);
        await TokenChecks.Measure(server, report);
        var idle = await Reads(http, token, report, "GET /auth/me and /tracks, idle", Task.CompletedTask, Each);
        using var over = new CancellationTokenSource();
        var flood = Task.WhenAll(Enumerable.Range(0, FloodConnections).Select(_ => Flood(http, over.Token)));
        var flooded = await Reads(
            http,
            token,
            report,
            $"the same during a flood of {FloodConnections} logins at once",
            flood,
            Each
        );
        await over.CancelAsync();
        await flood;
        var flooding = FormattableString.Invariant(
            $"p99 of the other routes: {idle:0.0} ms idle, {flooded:0.0} ms during the flood."
        );
        await report.Save(
            $"The load of the machine before the run was {busy}; the load generator shares it. {flooding}\n\n"
                + $"{await KnownOrNot(http)}"
        );
        return 0;
    }

    private static double BcryptAlone(Report report)
    {
        var hash = BCrypt.Net.BCrypt.HashPassword(Password, Features.Auth.PasswordHasher.Cost);
        var count = 0;
        var watch = Stopwatch.StartNew();
        Parallel.For(
            0,
            Environment.ProcessorCount,
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            _ =>
            {
                while (watch.Elapsed < Each)
                {
                    BCrypt.Net.BCrypt.Verify(Password, hash);
                    Interlocked.Increment(ref count);
                }
            }
        );
        var rate = count / watch.Elapsed.TotalSeconds;
        report.Row($"bcrypt cost {Features.Auth.PasswordHasher.Cost} alone, on all cores", rate, "", "", "1.00");
        return rate;
    }

    private static async Task Logins(HttpClient http, Report report, double limit)
    {
        var timings = new Timings();
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(
            Enumerable
                .Range(0, Accounts)
                .Select(async i =>
                {
                    while (watch.Elapsed < Each)
                        await Timed(timings, () => Login(http, Name(i), Password));
                })
        );
        var rate = (timings.Count - timings.Errors) / watch.Elapsed.TotalSeconds;
        report.Row(
            "sign in over HTTP",
            rate,
            timings.Percentile(0.5),
            timings.Percentile(0.99),
            FormattableString.Invariant($"{rate / limit:0.00}")
        );
    }

    private static async Task<double> Reads(
        HttpClient http,
        string token,
        Report report,
        string what,
        Task meanwhile,
        TimeSpan length
    )
    {
        var timings = new Timings();
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(
            Enumerable
                .Range(0, Readers)
                .Select(async i =>
                {
                    while (watch.Elapsed < length)
                    {
                        await Timed(
                            timings,
                            () =>
                            {
                                var request = new HttpRequestMessage(
                                    HttpMethod.Get,
                                    i % 2 == 0 ? "/api/v1/auth/me" : "/api/v1/tracks"
                                );
                                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
                                return http.SendAsync(request);
                            }
                        );
                        // At the pace of people, so that the readers are not the load.
                        await Task.Delay(5);
                    }
                })
        );
        if (timings.Errors > 0)
            throw new InvalidOperationException(
                $"{timings.Errors} of {timings.Count} reads failed. The flood: {meanwhile.Status}."
            );
        report.Row(
            what,
            timings.Count / watch.Elapsed.TotalSeconds,
            timings.Percentile(0.5),
            timings.Percentile(0.99),
            ""
        );
        return timings.Percentile(0.99);
    }

    private static async Task Flood(HttpClient http, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
            (await Login(http, Name(Random.Shared.Next(Accounts)), WrongPassword)).Dispose();
    }

    /// <summary>
    /// Names with and without an account in turn, so that whatever else the machine does falls on both.
    /// </summary>
    private static async Task<string> KnownOrNot(HttpClient http)
    {
        var rounds = int.TryParse(Environment.GetEnvironmentVariable("VEZA_BENCH_TIMINGS"), out var given)
            ? given
            : TimingsDefault;
        var lines = new List<string>
        {
            $"Medians of {rounds} + {rounds} requests in turn, for names with and without an account:\n",
            "| call | with, ms | without, ms | apart |",
            "|---|---|---|---|",
        };
        await Compare(
            lines,
            rounds,
            "sign in with a wrong password",
            HttpStatusCode.Unauthorized,
            name => Login(http, name, WrongPassword)
        );
        await Compare(
            lines,
            rounds,
            "forgot the password",
            HttpStatusCode.Accepted,
            name => http.PostAsJsonAsync("/api/v1/auth/password/forgot", new { email = $"{name}@example.org" })
        );
        await Compare(
            lines,
            rounds,
            "ask for a magic link",
            HttpStatusCode.Accepted,
            name => http.PostAsJsonAsync("/api/v1/auth/magic-link", new { email = $"{name}@example.org" })
        );
        return string.Join('\n', lines);
    }

    private static async Task Compare(
        List<string> lines,
        int rounds,
        string call,
        HttpStatusCode expected,
        Func<string, Task<HttpResponseMessage>> send
    )
    {
        using (var first = await send(Name(0)))
            if (first.StatusCode == HttpStatusCode.NotFound)
                return;
        var (with, without) = (new Timings(), new Timings());
        for (var i = 0; i < rounds; i++)
        {
            await Timed(
                i % 2 == 0 ? with : without,
                () => send(i % 2 == 0 ? Name(i % Accounts) : $"nobody{i}"),
                expected
            );
            await Timed(
                i % 2 == 0 ? without : with,
                () => send(i % 2 == 0 ? $"nobody{i}" : Name(i % Accounts)),
                expected
            );
        }

        if (with.Errors + without.Errors > 0)
            throw new InvalidOperationException(
                $"{call}: {with.Errors} and {without.Errors} of {rounds} answers were not {expected}."
            );
        var (a, b) = (with.Percentile(0.5), without.Percentile(0.5));
        lines.Add(
            FormattableString.Invariant($"| {call} | {a:0.00} | {b:0.00} | {Math.Abs(a - b) / Math.Max(a, b):0.0%} |")
        );
        Console.WriteLine(lines[^1]);
    }

    private static async Task Timed(
        Timings timings,
        Func<Task<HttpResponseMessage>> call,
        HttpStatusCode? expected = null
    )
    {
        var began = Stopwatch.GetTimestamp();
        using var answer = await call();
        await answer.Content.CopyToAsync(Stream.Null);
        timings.Add(
            Stopwatch.GetElapsedTime(began).TotalMilliseconds,
            expected is null ? answer.IsSuccessStatusCode : answer.StatusCode == expected
        );
    }

    private static Task<HttpResponseMessage> Login(HttpClient http, string name, string password) =>
        http.PostAsJsonAsync("/api/v1/auth/login", new { username = name, password });

    private static string Name(int i) => "bench" + i.ToString(CultureInfo.InvariantCulture);

    private static async Task<string> Register(HttpClient http, int i)
    {
        var name = Name(i);
        using var answer = await http.PostAsJsonAsync(
            "/api/v1/auth/register",
            new
            {
                email = $"{name}@example.org",
                username = name,
                password = Password,
            }
        );
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JsonElement>())
            .GetProperty("data")
            .GetProperty("access_token")
            .GetString()!;
    }
}

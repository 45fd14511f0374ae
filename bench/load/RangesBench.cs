using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;

namespace Veza.Bench.Load;

/// <summary>
/// Ranges of 1 MiB for 64 listeners: Veza beside bare Kestrel, and Veza behind nginx (X-Accel-Redirect) beside bare
/// nginx, in turn, with a client that only reads.
/// </summary>
internal static class RangesBench
{
    private const int Listeners = 64,
        RangeBytes = 1 << 20,
        Rounds = 3;
    private static readonly TimeSpan Each = TimeSpan.FromSeconds(4);

    private sealed record Contestant(string Name, Uri Url, List<double> MibPerS, Timings Timings);

    internal static async Task<int> Run()
    {
        var proxyPort = BenchServer.FreePort();
        await BenchServer.CreateDatabase("bench_ranges");
        await BenchServer.CreateDatabase("bench_ranges_accel");
        await using var direct = await BenchServer.Start(BenchServer.Native, "bench_ranges");
        await using var accel = await BenchServer.Start(
            BenchServer.Native,
            "bench_ranges_accel",
            ("VEZA__STREAM__DELIVERY", "accel"),
            ("VEZA__PUBLIC_URL", $"http://127.0.0.1:{proxyPort}")
        );
        var (directUrl, file) = await Prepare(direct);
        var (accelUrl, accelFile) = await Prepare(accel);
        var (kestrelPort, nginxPort) = (BenchServer.FreePort(), BenchServer.FreePort());
        using var kestrel = Start(
            "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "veza-bench.dll"), "bare-kestrel", Number(kestrelPort), file]
        );
        using var nginx = await Nginx(nginxPort, proxyPort, accel, accelFile);
        try
        {
            Contestant[] contestants =
            [
                new("bare Kestrel", new Uri($"http://127.0.0.1:{kestrelPort}/file"), [], new()),
                new("Veza", directUrl, [], new()),
                new("bare nginx", new Uri($"http://127.0.0.1:{nginxPort}/file"), [], new()),
                new("Veza behind nginx, X-Accel-Redirect", accelUrl, [], new()),
            ];
            foreach (var contestant in contestants)
                await Answers(contestant.Url);
            for (var round = 0; round < Rounds; round++)
                foreach (var contestant in contestants)
                    await Measure(contestant, new FileInfo(file).Length);
            await Tell(contestants);
        }
        finally
        {
            kestrel.Kill();
            nginx.Kill(entireProcessTree: true);
        }

        return 0;
    }

    private static async Task Tell(Contestant[] contestants)
    {
        var report = new Report(
            "ranges",
            "./dev bench ranges",
            "who",
            "MiB/s, median",
            "p50 ms",
            "p99 ms",
            "errors",
            "of the bare one"
        );
        for (var i = 0; i < contestants.Length; i++)
        {
            var (own, bare) = (contestants[i], contestants[i / 2 * 2]);
            report.Row(
                own.Name,
                Median(own),
                own.Timings.Percentile(0.5),
                own.Timings.Percentile(0.99),
                own.Timings.Errors,
                (Median(own) / Median(bare)).ToString("0.00", CultureInfo.InvariantCulture)
            );
        }

        await report.Save(
            $"{(BenchServer.Native is null ? "JIT" : "native")} build. Ranges of 1 MiB at random places of one file in the page cache, {Listeners} connections, {Rounds} rounds of {Each.TotalSeconds:0} s each, in turn; "
                + "the client shares the machine. Bare Kestrel is a minimal API with the framework's own file result, "
                + "bare nginx sends with sendfile."
        );

        static double Median(Contestant contestant) =>
            contestant.MibPerS.Order().ElementAt(contestant.MibPerS.Count / 2);
    }

    private static async Task<(Uri Url, string File)> Prepare(BenchServer server)
    {
        using var http = new HttpClient { BaseAddress = server.Url, Timeout = TimeSpan.FromMinutes(5) };
        var signedIn = await LoadBench.Data(
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
            { new ByteArrayContent(LoadBench.Tone(TimeSpan.FromSeconds(60))), "file", "tone.wav" },
        };
        var track = (await LoadBench.Data(await http.PostAsync("/api/v1/tracks", form))).GetProperty("id").GetString()!;
        for (
            string? status = null;
            status != "ready";
            status = (await LoadBench.Data(await http.GetAsync($"/api/v1/tracks/{track}/status")))
                    .GetProperty("status")
                    .GetString()
        )
        {
            if (status == "failed")
                throw new InvalidOperationException("The bench's own track failed.");
            await Task.Delay(100);
        }

        var stream = await LoadBench.Data(await http.GetAsync($"/api/v1/tracks/{track}/stream"));
        return (
            new Uri(stream.GetProperty("variants")[2].GetProperty("url").GetString()!),
            Directory.GetFiles(server.StorageDirectory, "lossless.mp4", SearchOption.AllDirectories).Single()
        );
    }

    private static async Task Measure(Contestant contestant, long size)
    {
        var watch = Stopwatch.StartNew();
        var bytes = await Task.WhenAll(
            Enumerable.Range(0, Listeners).Select(n => Task.Run(() => Listen(contestant, size, new Random(n), watch)))
        );
        contestant.MibPerS.Add(bytes.Sum() / watch.Elapsed.TotalSeconds / (1 << 20));
    }

    /// <summary>
    /// One connection that asks and reads, by hand: an HTTP library would cost more than the servers.
    /// </summary>
    private static async Task<long> Listen(Contestant contestant, long size, Random random, Stopwatch watch)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(contestant.Url.Host, contestant.Url.Port);
        var (buffer, read) = (new byte[256 * 1024], 0L);
        while (watch.Elapsed < Each)
        {
            var from = random.NextInt64(size - RangeBytes);
            var began = Stopwatch.GetTimestamp();
            await socket.SendAsync(
                Encoding.ASCII.GetBytes(
                    $"GET {contestant.Url.AbsolutePath} HTTP/1.1\r\nHost: localhost\r\nRange: "
                        + $"bytes={Number(from)}-{Number(from + RangeBytes - 1)}\r\n\r\n"
                )
            );
            var (filled, head) = (0, -1);
            while (head < 0)
            {
                var got = await socket.ReceiveAsync(buffer.AsMemory(filled));
                if (got == 0)
                    throw new IOException($"{contestant.Name} closed the connection.");
                filled += got;
                head = buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8);
            }

            var good = buffer.AsSpan(0, filled).StartsWith("HTTP/1.1 206"u8);
            if (!good)
                throw new IOException($"{contestant.Name} answered {Encoding.ASCII.GetString(buffer, 0, head)}");
            for (long left = RangeBytes - (filled - head - 4); left > 0; )
            {
                var got = await socket.ReceiveAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)));
                if (got == 0)
                    throw new IOException($"{contestant.Name} broke off.");
                left -= got;
            }

            read += RangeBytes;
            contestant.Timings.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds, good);
        }

        return read;
    }

    private static async Task<Process> Nginx(int port, int proxyPort, BenchServer accel, string file)
    {
        var folder = Path.GetDirectoryName(accel.StorageDirectory)!;
        var configuration = Path.Combine(folder, "nginx.conf");
        await File.WriteAllTextAsync(
            configuration,
            $$"""
            worker_processes auto; pid {{folder}}/nginx.pid; error_log {{folder}}/error.log;
            events { worker_connections 256; }
            http {
              access_log off; sendfile on; keepalive_requests 1000000;
              client_body_temp_path {{folder}}/body; proxy_temp_path {{folder}}/proxy; fastcgi_temp_path {{folder}}/fastcgi; uwsgi_temp_path {{folder}}/uwsgi; scgi_temp_path {{folder}}/scgi;
              upstream veza { server 127.0.0.1:{{accel.Url.Port}}; keepalive 64; }
              server { listen 127.0.0.1:{{port}}; location = /file { alias {{file}}; } }
              server {
                listen 127.0.0.1:{{proxyPort}};
                location / { proxy_pass http://veza; proxy_http_version 1.1; proxy_set_header Connection ""; }
                location /veza-objects/ { internal; alias {{accel.StorageDirectory}}/; }
              }
            }
            """
        );
        return Start(
            "/usr/sbin/nginx",
            ["-c", configuration, "-e", Path.Combine(folder, "error.log"), "-g", "daemon off;"]
        );
    }

    private static Process Start(string program, string[] arguments)
    {
        var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        return process;
    }

    private static async Task Answers(Uri url)
    {
        using var http = new HttpClient();
        for (var tries = 0; ; tries++)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, url)
                {
                    Headers = { Range = new RangeHeaderValue(0, 9) },
                };
                using var answer = await http.SendAsync(request);
                if (answer.StatusCode == System.Net.HttpStatusCode.PartialContent)
                    return;
                throw new InvalidOperationException($"{url} answers {(int)answer.StatusCode}.");
            }
            catch (HttpRequestException) when (tries < 100)
            {
                await Task.Delay(100);
            }
        }
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}

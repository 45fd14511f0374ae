using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Veza.Bench.Load;

/// <summary>A Veza process for measuring, native or JIT, on a database of its own.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    private readonly Process process;
    private readonly string folder;

    private BenchServer(Process process, string folder, string postgres, Uri url, double firstAnswerMs) =>
        (this.process, this.folder, Postgres, Url, FirstAnswerMs) = (process, folder, postgres, url, firstAnswerMs);

    internal Uri Url { get; }

    internal string Postgres { get; }

    internal string DataDirectory => Path.Combine(folder, "data");

    internal string StorageDirectory => Path.Combine(folder, "storage");

    /// <summary>From the start of the process to its first 200.</summary>
    internal double FirstAnswerMs { get; }

    internal static string? Native => Environment.GetEnvironmentVariable("VEZA_BENCH_NATIVE");

    internal static Task<BenchServer> Start(
        string? native,
        string database,
        params (string Name, string Value)[] settings
    ) => StartOn(null, native, database, settings);

    /// <summary>From its first moment on one core, so that its runtime knows of no other.</summary>
    internal static async Task<BenchServer> StartOn(
        string? core,
        string? native,
        string database,
        params (string Name, string Value)[] settings
    )
    {
        var folder = Directory.CreateTempSubdirectory("veza-bench-").FullName;
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        var port = FreePort();
        var environment = new Dictionary<string, string>
        {
            ["VEZA__POSTGRES"] = new NpgsqlConnectionStringBuilder(Required("VEZA_TEST_POSTGRES"))
            {
                Database = database,
            }.ConnectionString,
            ["VEZA__REDIS"] = Required("VEZA_TEST_REDIS"),
            ["VEZA__STORAGE"] = Path.Combine(folder, "storage"),
            ["VEZA__DATA"] = Path.Combine(folder, "data"),
            ["VEZA__WORKER__SCRATCH"] = Path.Combine(folder, "work"),
            ["VEZA__HTTP__PORT"] = port.ToString(CultureInfo.InvariantCulture),
        };
        // The load comes from one address and for some accounts alone; what is measured is the work, not its refusal.
        foreach (var limit in new[] { "REQUESTS__PER_ADDRESS", "REQUESTS__PER_CALLER" })
            environment[$"VEZA__LIMITS__{limit}"] = "10000000";
        foreach (var policy in new[] { "SIGN_IN", "REGISTER", "MAIL", "CODE", "REFRESH" })
        foreach (var scope in new[] { "PER_ADDRESS", "PER_SUBNET" })
            environment[$"VEZA__LIMITS__{policy}__{scope}"] = "0";
        foreach (var (name, value) in settings)
            environment[name] = value;
        await Launch(native, "migrate", environment, core).WaitForExitAsync();
        var watch = Stopwatch.StartNew();
        var process = Launch(native, "serve", environment, core);
        var url = new Uri($"http://localhost:{port}");
        await Answers(new Uri(url, "/health/live"), process);
        var firstAnswerMs = watch.Elapsed.TotalMilliseconds;
        await Answers(new Uri(url, "/health/ready"), process);
        return new BenchServer(process, folder, environment["VEZA__POSTGRES"], url, firstAnswerMs);
    }

    internal static async Task CreateDatabase(string name)
    {
        await using var postgres = NpgsqlDataSource.Create(Required("VEZA_TEST_POSTGRES"));
        await using var drop = postgres.CreateCommand($"drop database if exists {name} with (force)");
        await drop.ExecuteNonQueryAsync();
        await using var create = postgres.CreateCommand($"create database {name}");
        await create.ExecuteNonQueryAsync();
    }

    /// <summary>A line of /proc/PID/status in MiB: VmRSS now, VmHWM at its highest.</summary>
    internal double MemoryMib(string line) =>
        double.Parse(
            File.ReadLines($"/proc/{process.Id}/status")
                .Single(l => l.StartsWith(line, StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture
        ) / 1024;

    internal bool HasEnded => process.HasExited;

    /// <summary>How many folders in one of the storage's, such as one for each track, hold an object.</summary>
    internal int StoredFolders(string under) =>
        Directory.Exists(Path.Combine(folder, "storage", under))
            ? Directory
                .GetDirectories(Path.Combine(folder, "storage", under))
                .Count(at => Directory.EnumerateFiles(at, "*", SearchOption.AllDirectories).Any())
            : 0;

    internal int ProcessId => process.Id;

    internal static async Task Signal(int processId, string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", processId.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>As a supervisor does it; how long it took.</summary>
    internal async Task<TimeSpan> Stop()
    {
        var stopping = Stopwatch.StartNew();
        await Signal(process.Id, "TERM");
        await process.WaitForExitAsync();
        return stopping.Elapsed;
    }

    /// <summary>As a failing machine does it.</summary>
    internal Task Kill()
    {
        process.Kill();
        return process.WaitForExitAsync();
    }

    /// <summary>Sets VmHWM back to the memory in use now.</summary>
    internal void ForgetPeak() => File.WriteAllText($"/proc/{process.Id}/clear_refs", "5");

    public async ValueTask DisposeAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static Process Launch(string? native, string verb, Dictionary<string, string> environment, string? core)
    {
        string[] command = native is null
            ? ["dotnet", Path.Combine(AppContext.BaseDirectory, "veza.dll"), verb]
            : [native, verb];
        if (core is not null)
            command = ["taskset", "-c", core, .. command];
        var start = new ProcessStartInfo(command[0], command[1..]);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        start.RedirectStandardOutput = true;
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        return process;
    }

    private static async Task Answers(Uri url, Process process)
    {
        using var http = new HttpClient();
        while (!process.HasExited)
        {
            try
            {
                using var answer = await http.GetAsync(url);
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not there yet.
            }

            await Task.Delay(1);
        }

        throw new InvalidOperationException($"The server ended with {process.ExitCode} before it answered.");
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Required(string name) =>
        Environment.GetEnvironmentVariable(name)
        ?? throw new InvalidOperationException($"{name} is not set: run ./dev bench");
}

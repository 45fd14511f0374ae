using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Veza.Bench.Load;

namespace Veza.Bench.Fan;

/// <summary>A server that is measured, or two nodes of one, on a core of their own where there are two.</summary>
internal sealed class Contestant(string name, FanProtocol protocol, FanTarget target, int[] pids, params Process[] own)
    : IDisposable
{
    internal static readonly string Self = Path.Combine(AppContext.BaseDirectory, "veza-bench.dll");
    internal static readonly string Peers = Path.GetFullPath("bench/peers");
    private const string LoadCore = "1";

    /// <summary>Null where there is one alone.</summary>
    internal static readonly string? ServerCore = Environment.ProcessorCount < 2 ? null : "0";

    internal string Name => name;

    internal List<FanResult> Results { get; } = [];

    internal static async Task<Contestant> Start(
        string name,
        FanProtocol protocol,
        int port,
        string program,
        string[] arguments,
        params (string Name, string Value)[] environment
    )
    {
        var process = await Launch(port, program, arguments, environment);
        return new Contestant(name, protocol, new FanTarget(port), [process.Id], process);
    }

    internal static Contestant Of(string name, FanTarget target, params BenchServer[] nodes) =>
        new(
            name,
            FanProtocol.Veza,
            target with
            {
                Ports = [.. nodes.Select(node => node.Url.Port)],
            },
            [.. nodes.Select(node => node.ProcessId)]
        );

    internal static async Task<Contestant> SocketIo(int nodes)
    {
        int[] ports = [.. Enumerable.Range(0, nodes).Select(_ => BenchServer.FreePort())];
        var processes = new List<Process>();
        foreach (var port in ports)
            processes.Add(
                await Launch(
                    port,
                    "node",
                    [$"{Peers}/socketio.mjs", Number(port), Environment.GetEnvironmentVariable("VEZA_TEST_REDIS")!]
                )
            );
        return new Contestant(
            "Socket.IO + Redis",
            FanProtocol.SocketIo,
            new FanTarget(ports),
            [.. processes.Select(process => process.Id)],
            [.. processes]
        );
    }

    private static async Task<Process> Launch(
        int port,
        string program,
        string[] arguments,
        params (string Name, string Value)[] environment
    )
    {
        var start = Pinned(ServerCore, program, arguments);
        foreach (var (key, value) in environment)
            start.Environment[key] = value;
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        for (var waiting = Stopwatch.StartNew(); ; await Task.Delay(20))
        {
            using var probe = new TcpClient();
            try
            {
                await probe.ConnectAsync("127.0.0.1", port);
                return process;
            }
            catch (SocketException) when (!process.HasExited && waiting.Elapsed < TimeSpan.FromSeconds(20))
            {
                // Not there yet.
            }
        }
    }

    /// <summary>A window of 0 goes by the rate.</summary>
    internal async Task<FanResult> Measure(int receivers, int seconds, int window, int rate, int bytes)
    {
        using var load = Load("fan-load", receivers, seconds, window, rate, bytes);
        var line = await load.StandardOutput.ReadToEndAsync();
        await load.WaitForExitAsync();
        if (load.ExitCode != 0)
            throw new InvalidOperationException($"The load on {name} ended with {load.ExitCode}.");
        var numbers = line.Trim().Split(' ').Select(n => double.Parse(n, CultureInfo.InvariantCulture)).ToArray();
        return new FanResult(numbers[0], numbers[1], numbers[2], numbers[3], (long)numbers[4], numbers[5]);
    }

    /// <summary>Connections that stay; kill the process to end them.</summary>
    internal async Task<Process> Occupy(int sockets)
    {
        var load = Load("fan-idle", sockets);
        if (await load.StandardOutput.ReadLineAsync() != "joined")
            throw new InvalidOperationException($"{name} did not take {sockets} sockets; is ulimit -n above them?");
        return load;
    }

    internal long ResidentKib() =>
        long.Parse(
            File.ReadLines($"/proc/{pids[0]}/status")
                .Single(l => l.StartsWith("VmRSS", StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture
        );

    public void Dispose()
    {
        foreach (var process in own)
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
            process.Dispose();
        }
    }

    private Process Load(string verb, params int[] numbers) =>
        Process.Start(
            Pinned(
                LoadCore,
                "dotnet",
                [
                    Self,
                    verb,
                    protocol.ToString(),
                    string.Join(',', target.Ports),
                    string.Join(',', pids),
                    target.Token ?? "-",
                    target.Room ?? "-",
                    .. numbers.Select(Number),
                ]
            )
        )!;

    private static ProcessStartInfo Pinned(string? core, string program, string[] arguments) =>
        ServerCore is null ? Command(program, arguments) : Command("taskset", ["-c", core!, program, .. arguments]);

    private static ProcessStartInfo Command(string program, string[] arguments) =>
        new(program, arguments) { RedirectStandardOutput = true };

    internal static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}

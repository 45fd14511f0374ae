using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Veza.Tests.Harness;

/// <summary>A Redis of one test, which may be killed, stopped in its tracks and started anew.</summary>
internal sealed class OwnRedis : IAsyncDisposable
{
    private readonly int port;
    private Process? process;

    private OwnRedis(int port) => this.port = port;

    internal string Address => $"127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}";

    internal static async Task<OwnRedis> Start()
    {
        var redis = new OwnRedis(VezaServer.FreePort());
        await redis.Run();
        return redis;
    }

    /// <summary>Starts it, empty.</summary>
    internal async Task Run()
    {
        process = Process.Start(new ProcessStartInfo("redis-server",
            ["--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", TestRun.NewFolder("redis")]) { RedirectStandardOutput = true })!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        await Eventually.True("Redis answers", async () => await Says("PING") == "+PONG");
    }

    /// <summary>Gone at once, with all that it held.</summary>
    internal async Task Kill()
    {
        process!.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>Its connections stay open and nothing answers.</summary>
    internal Task Freeze() => VezaProgram.Run(new ProcessStartInfo("kill", ["-STOP", process!.Id.ToString(CultureInfo.InvariantCulture)]));

    internal Task Thaw() => VezaProgram.Run(new ProcessStartInfo("kill", ["-CONT", process!.Id.ToString(CultureInfo.InvariantCulture)]));

    /// <summary>The first line that it says to a command.</summary>
    internal async Task<string?> Says(string command)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", port);
            await using var writer = new StreamWriter(client.GetStream());
            await writer.WriteAsync(command + "\r\n");
            await writer.FlushAsync();
            using var reader = new StreamReader(client.GetStream());
            return await reader.ReadLineAsync();
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (process is { HasExited: false }) await Kill();
        process?.Dispose();
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Veza.Tests.Harness;

/// <summary>
/// A Redis of one test, which may be killed, stopped in its tracks and started anew; alone or as a node of a cluster.
/// </summary>
internal sealed class OwnRedis : IAsyncDisposable
{
    private readonly int port;
    private readonly string[] options;

    /// <summary>The same at each start: a node of a cluster finds there which slots it has.</summary>
    private readonly string folder = TestRun.NewFolder("redis");

    private Process? process;

    private OwnRedis(int port, string[] options) => (this.port, this.options) = (port, options);

    internal string Address => $"127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}";

    internal static async Task<OwnRedis> Start(params string[] options)
    {
        var redis = new OwnRedis(VezaServer.FreePort(), options);
        await redis.Run();
        return redis;
    }

    /// <summary>Starts it, empty.</summary>
    internal async Task Run()
    {
        process = Process.Start(
            new ProcessStartInfo(
                "redis-server",
                [
                    "--port",
                    port.ToString(CultureInfo.InvariantCulture),
                    "--bind",
                    "127.0.0.1",
                    "--save",
                    "",
                    "--appendonly",
                    "no",
                    "--dir",
                    folder,
                    .. options,
                ]
            )
            {
                RedirectStandardOutput = true,
            }
        )!;
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
    internal Task Freeze() =>
        VezaProgram.Run(new ProcessStartInfo("kill", ["-STOP", process!.Id.ToString(CultureInfo.InvariantCulture)]));

    internal Task Thaw() =>
        VezaProgram.Run(new ProcessStartInfo("kill", ["-CONT", process!.Id.ToString(CultureInfo.InvariantCulture)]));

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

    /// <summary>All that it says to a command.</summary>
    internal async Task<string> Ask(params string[] command) =>
        (
            await VezaProgram.Run(
                new ProcessStartInfo(
                    "redis-cli",
                    ["-h", "127.0.0.1", "-p", port.ToString(CultureInfo.InvariantCulture), .. command]
                )
            )
        )
            .Succeeds()
            .Output;

    public async ValueTask DisposeAsync()
    {
        if (process is { HasExited: false })
            await Kill();
        process?.Dispose();
    }
}

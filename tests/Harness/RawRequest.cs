using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Veza.Tests.Infrastructure.Http;

namespace Veza.Tests.Harness;

/// <summary>
/// A request written byte by byte, for clients that break off, lie or dawdle as no HTTP library would.
/// </summary>
internal sealed class RawRequest : IDisposable
{
    private readonly TcpClient connection = new();

    private RawRequest() { }

    internal static async Task<RawRequest> Open(VezaServer server, string head)
    {
        var raw = new RawRequest();
        await raw.connection.ConnectAsync("127.0.0.1", server.Port);
        await raw.Send(Encoding.ASCII.GetBytes(head.ReplaceLineEndings("\r\n")));
        return raw;
    }

    /// <summary>An upload of which only the beginning is sent.</summary>
    internal static async Task<RawRequest> BeginUpload(Actor actor, byte[] file, int bytesSent)
    {
        const string boundary = "the-boundary";
        var opening =
            $"--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"cut.wav\"\r\n"
            + $"Content-Type: audio/wav\r\n\r\n";
        var lengthBytes = opening.Length + file.Length + boundary.Length + 8;
        var raw = await Open(
            actor.Server,
            $"POST /api/v1/tracks HTTP/1.1\nHost: veza\nAuthorization: Bearer {actor.AccessToken}\n"
                + $"Content-Type: multipart/form-data; boundary={boundary}\nContent-Length: "
                + $"{lengthBytes.ToString(CultureInfo.InvariantCulture)}\n\n"
        );
        await raw.Send(Encoding.ASCII.GetBytes(opening));
        await raw.Send(file.AsMemory(0, bytesSent));
        return raw;
    }

    internal async Task Send(ReadOnlyMemory<byte> bytes) => await connection.GetStream().WriteAsync(bytes);

    /// <summary>Everything that the server says until it closes the connection.</summary>
    internal async Task<string> ReadToEnd()
    {
        using var deadline = new CancellationTokenSource(Eventually.DeadlineMax);
        using var reader = new StreamReader(connection.GetStream(), Encoding.UTF8);
        return await reader.ReadToEndAsync(deadline.Token);
    }

    /// <summary>What the server says up to these words; it may go on, close or cut the connection after them.</summary>
    internal async Task<string> ReadUntil(string words)
    {
        using var deadline = new CancellationTokenSource(Eventually.DeadlineMax);
        var (said, buffer) = (new StringBuilder(), new byte[4096]);
        while (!said.ToString().Contains(words, StringComparison.Ordinal))
        {
            var read = await connection.GetStream().ReadAsync(buffer, deadline.Token);
            if (read == 0)
                Assert.Fail($"The connection ended before '{words}':\n{said}");
            said.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }

        return said.ToString();
    }

    /// <summary>
    /// Hangs up, and waits until the server has given up the request: its end of the line is closed then.
    /// </summary>
    internal async Task HangUp()
    {
        var (here, there) = (PortOf(connection.Client.LocalEndPoint), PortOf(connection.Client.RemoteEndPoint));
        connection.Dispose();
        await Eventually.True(
            "the server has given up the request",
            async () =>
                !(await File.ReadAllLinesAsync("/proc/net/tcp")).Any(line =>
                    line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var local, var remote, ..]
                    && local.EndsWith(there, StringComparison.Ordinal)
                    && remote.EndsWith(here, StringComparison.Ordinal)
                )
        );
    }

    /// <summary>As the kernel writes it.</summary>
    private static string PortOf(EndPoint? end) => $":{((IPEndPoint)end!).Port:X4}";

    public void Dispose() => connection.Dispose();
}

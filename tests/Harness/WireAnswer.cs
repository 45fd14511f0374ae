using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Veza.Tests.Harness;

/// <summary>
/// What came back to a request that was written byte by byte, read as HTTP/1.1 says and with nobody's help.
/// </summary>
internal sealed record WireAnswer(int Status, Dictionary<string, string> Headers, byte[] Body)
{
    private const int HeadBytesMax = 64 * 1024;

    internal string Text => Encoding.UTF8.GetString(Body);

    internal string? Header(string name) => Headers.GetValueOrDefault(name);

    internal static Task<WireAnswer> To(VezaServer server, string head, byte[]? body = null) =>
        To(server.Port, Encoding.Latin1.GetBytes(head), body ?? []);

    /// <summary>
    /// Sends one request on a connection of its own. Fails when the connection ends without an answer, or in the middle
    /// of one.
    /// </summary>
    internal static async Task<WireAnswer> To(int port, byte[] head, byte[] body)
    {
        using var deadline = new CancellationTokenSource(Eventually.DeadlineMax);
        using var connection = new TcpClient { NoDelay = true };
        await connection.ConnectAsync("127.0.0.1", port, deadline.Token);
        var stream = connection.GetStream();
        // The answer may come before all is sent, and then the rest is taken by nobody.
        var sending = Send(stream, head, body, deadline.Token);
        var answer = await Read(stream, head.AsSpan().StartsWith("HEAD "u8), deadline.Token);
        await sending;
        return answer;
    }

    /// <summary>What is wrong with it as an answer of the contract; null when nothing is.</summary>
    internal string? Fault(bool isHead)
    {
        if (Header("X-Content-Type-Options") != "nosniff")
            return "no nosniff";
        if (Header("X-Request-Id") is not { Length: > 0 } id)
            return "no request id";
        if (Status < 400 || Header("Content-Type")?.StartsWith("text/html", StringComparison.Ordinal) == true)
            return null;
        // Of an address that cannot be read Kestrel does not say that it was asked for by HEAD.
        if (isHead)
            return Body.Length > 0 && Status is not (400 or 414) ? "a body for HEAD" : null;
        try
        {
            var json = JsonElement.Parse(Body);
            var isProblem = Header("Content-Type")!.StartsWith("application/problem+json", StringComparison.Ordinal);
            if (
                json.Text("error_code").Length == 0
                || json.Text(isProblem ? "detail" : "message").Length == 0
                || json.GetProperty("errors").ValueKind != JsonValueKind.Array
            )
                return "no whole error";
            if ((isProblem ? json.Text("request_id") : json.GetProperty("meta").Text("request_id")) != id)
                return "another request id";
            return isProblem
                ? json.Number("status") == Status
                    ? null
                    : "another status"
                : json.GetProperty("success").GetBoolean()
                    ? "an error that is a success"
                    : null;
        }
        catch (Exception e)
            when (e is JsonException or KeyNotFoundException or InvalidOperationException or NullReferenceException)
        {
            return $"no envelope ({e.Message})";
        }
    }

    private static async Task Send(NetworkStream stream, byte[] head, byte[] body, CancellationToken ct)
    {
        try
        {
            await stream.WriteAsync(head, ct);
            await stream.WriteAsync(body, ct);
        }
        catch (IOException)
        {
            // Refused before it was all there.
        }
    }

    private static async Task<WireAnswer> Read(NetworkStream stream, bool isHead, CancellationToken ct)
    {
        var came = new List<byte>();
        int end;
        while ((end = IndexOf(came, "\r\n\r\n"u8)) < 0)
        {
            if (!await More(stream, came, ct))
                throw new IOException(
                    $"The connection ended in the head, after '{Encoding.Latin1.GetString([.. came])}'"
                );
            Assert.True(came.Count < HeadBytesMax);
        }

        var lines = Encoding.Latin1.GetString([.. came.Take(end)]).Split("\r\n");
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in lines.Skip(1))
            headers[line[..line.IndexOf(':', StringComparison.Ordinal)]] = line[
                (line.IndexOf(':', StringComparison.Ordinal) + 1)..
            ]
                .Trim();
        var status = int.Parse(lines[0].AsSpan(9, 3), CultureInfo.InvariantCulture);
        came.RemoveRange(0, end + 4);
        // Streams that have no end, and answers that have no body.
        var isEndless =
            headers.GetValueOrDefault("Content-Type")?.StartsWith("text/event-stream", StringComparison.Ordinal)
            == true;
        if (isHead || isEndless || status is 101 or 204 or 304)
            return new WireAnswer(status, headers, [.. came]);
        if (headers.TryGetValue("Content-Length", out var length))
        {
            while (came.Count < int.Parse(length, CultureInfo.InvariantCulture))
                if (!await More(stream, came, ct))
                    throw new IOException($"The connection ended in the body of a {status}");
            return new WireAnswer(status, headers, [.. came]);
        }

        Assert.Equal("chunked", headers.GetValueOrDefault("Transfer-Encoding"));
        return new WireAnswer(status, headers, await Chunks(stream, came, ct));
    }

    private static async Task<byte[]> Chunks(NetworkStream stream, List<byte> came, CancellationToken ct)
    {
        var body = new List<byte>();
        for (; ; )
        {
            int end;
            while ((end = IndexOf(came, "\r\n"u8)) < 0)
                if (!await More(stream, came, ct))
                    throw new IOException("The connection ended between two chunks");
            var size = int.Parse(
                Encoding.ASCII.GetString([.. came.Take(end)]),
                NumberStyles.HexNumber,
                CultureInfo.InvariantCulture
            );
            while (came.Count < end + 2 + size + 2)
                if (!await More(stream, came, ct))
                    throw new IOException("The connection ended in a chunk");
            if (size == 0)
                return [.. body];
            body.AddRange(came.Skip(end + 2).Take(size));
            came.RemoveRange(0, end + 2 + size + 2);
        }
    }

    private static int IndexOf(List<byte> bytes, ReadOnlySpan<byte> sought) =>
        System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes).IndexOf(sought);

    private static async Task<bool> More(NetworkStream stream, List<byte> came, CancellationToken ct)
    {
        var buffer = new byte[16 * 1024];
        var read = await stream.ReadAsync(buffer, ct);
        came.AddRange(buffer.AsSpan(0, read));
        return read > 0;
    }
}

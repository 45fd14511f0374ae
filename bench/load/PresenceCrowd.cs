using System.Globalization;
using System.Net.WebSockets;
using System.Text;

namespace Veza.Bench.Load;

/// <summary>
/// People with one chat socket each, dealt onto nodes in turn. Each watches the same number of others, and all count
/// what they are told.
/// </summary>
internal sealed class PresenceCrowd(Uri[] nodes, (Guid Id, string Token)[] people, int watched) : IAsyncDisposable
{
    private const int ConnectingMax = 64,
        BufferBytes = 16 * 1024;
    private static readonly byte[] Beginning = Encoding.UTF8.GetBytes("{\"type\":\"presence\""),
        Entry = Encoding.UTF8.GetBytes("\"user_id\"");
    private readonly ClientWebSocket?[] sockets = new ClientWebSocket?[people.Length];
    private readonly long[] heard = new long[people.Length];
    private long frames,
        entries,
        bytes;

    internal int Count => people.Length;

    internal (long Frames, long Entries, long Bytes) Heard =>
        (Interlocked.Read(ref frames), Interlocked.Read(ref entries), Interlocked.Read(ref bytes));

    internal Task ConnectAll() =>
        Parallel.ForAsync(
            0,
            people.Length,
            new ParallelOptions { MaxDegreeOfParallelism = ConnectingMax },
            async (i, _) => await Connect(i)
        );

    /// <summary>Until everybody was told something of everybody whom they watch, and nothing more comes.</summary>
    internal async Task Settle()
    {
        while (heard.Any(h => h < watched))
            await Task.Delay(200);
        for (var last = -1L; last != Interlocked.Read(ref entries); await Task.Delay(5000))
            last = Interlocked.Read(ref entries);
    }

    internal async Task Connect(int i)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("veza.chat.v1");
        socket.Options.SetRequestHeader("Authorization", $"Bearer {people[i].Token}");
        socket.Options.KeepAliveInterval = TimeSpan.Zero;
        await socket.ConnectAsync(
            new Uri($"ws://localhost:{nodes[i % nodes.Length].Port}/api/v1/chat/ws"),
            CancellationToken.None
        );
        sockets[i] = socket;
        _ = Receive(socket, i);
        var ids = string.Join(
            ',',
            Enumerable.Range(1, watched).Select(n => $"\"{people[(i + n) % people.Length].Id}\"")
        );
        await Send(socket, $"{{\"type\":\"presence.watch\",\"ref\":\"w\",\"user_ids\":[{ids}]}}");
    }

    internal Task Set(int i, string status) =>
        Send(
            sockets[i]!,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{{\"type\":\"presence.set\",\"ref\":\"s\",\"status\":\"{status}\"}}"
            )
        );

    /// <summary>Without a goodbye, as a lost network does it.</summary>
    internal void Cut(int i)
    {
        sockets[i]!.Abort();
        sockets[i]!.Dispose();
    }

    public ValueTask DisposeAsync()
    {
        for (var i = 0; i < sockets.Length; i++)
            if (sockets[i] is not null)
                Cut(i);
        return ValueTask.CompletedTask;
    }

    private static Task Send(ClientWebSocket socket, string text) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None);

    private async Task Receive(ClientWebSocket socket, int i)
    {
        var buffer = new byte[BufferBytes];
        try
        {
            while (true)
            {
                var part = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                if (part.MessageType == WebSocketMessageType.Close)
                    return;
                var frame = buffer.AsSpan(0, part.Count);
                if (!frame.StartsWith(Beginning))
                    continue;
                var people = frame.Count(Entry);
                Interlocked.Increment(ref frames);
                Interlocked.Add(ref entries, people);
                Interlocked.Add(ref bytes, part.Count);
                Interlocked.Add(ref heard[i], people);
            }
        }
        catch (Exception e)
            when (e is WebSocketException or ObjectDisposedException or OperationCanceledException or IOException)
        {
            // It was cut, by us or at the end.
        }
    }
}

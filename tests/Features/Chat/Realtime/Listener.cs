using System.Buffers;
using System.Net.WebSockets;
using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Realtime;

/// <summary>
/// A client that keeps to docs/CHAT.md and nothing more: it listens to one room, comes back whenever its connection
/// ends, on whatever node there is, resumes after the last seq it has, and reads over HTTP what it is told it cannot
/// resume. It keeps the content of each seq, and every breach of the promise.
/// </summary>
internal sealed class Listener(Func<VezaServer> node, Actor person, Guid room)
{
    private const int BufferBytes = 64 * 1024,
        PageMax = 100;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50),
        AnswerMax = TimeSpan.FromSeconds(20);
    private readonly List<string> contents = [];
    private readonly List<string> breaches = [];
    private readonly List<double> resumesMs = [];
    private volatile ClientWebSocket? open;
    private volatile bool isLive;
    private long lostAt,
        lastSeq;

    /// <summary>What it saw, the first message first.</summary>
    internal IReadOnlyList<string> Contents => contents;

    internal IReadOnlyList<string> Breaches => breaches;

    /// <summary>
    /// From each end of a connection, through signing in again, to the acknowledgement of the next subscription.
    /// </summary>
    internal IReadOnlyList<double> ResumesMs => resumesMs;

    internal long LastSeq => Volatile.Read(ref lastSeq);

    /// <summary>Its subscription was acknowledged, and its connection has not ended since.</summary>
    internal bool IsLive => isLive;

    internal int Unrecovered { get; private set; }

    internal void Cut() => open?.Abort();

    internal async Task Listen(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                using var socket = new ClientWebSocket();
                await Open(socket, ct);
                open = socket;
                await Receive(socket, ct);
            }
            catch (Exception e)
                when (e
                        is WebSocketException
                            or HttpRequestException
                            or IOException
                            or OperationCanceledException
                            or ObjectDisposedException
                            or TimeoutException
                )
            {
                isLive = false;
                if (lostAt == 0)
                    lostAt = Environment.TickCount64;
                if (!ct.IsCancellationRequested)
                    await Task.Delay(Random.Shared.Next((int)Pause.TotalMilliseconds), CancellationToken.None);
            }
        }
    }

    private async Task Open(ClientWebSocket socket, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(AnswerMax);
        socket.Options.AddSubProtocol("veza.chat.v1");
        socket.Options.SetRequestHeader("Authorization", $"Bearer {person.AccessToken}");
        await socket.ConnectAsync(
            new Uri(node().Address.Replace("http://", "ws://", StringComparison.Ordinal) + "/api/v1/chat/ws"),
            limit.Token
        );
        await socket.SendAsync(
            JsonSerializer.SerializeToUtf8Bytes(
                new Dictionary<string, object?>
                {
                    ["type"] = "subscribe",
                    ["ref"] = "s",
                    ["room_id"] = room,
                    ["after_seq"] = lastSeq,
                }
            ),
            WebSocketMessageType.Text,
            true,
            limit.Token
        );
    }

    private async Task Receive(ClientWebSocket socket, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (true)
            {
                var filled = 0;
                ValueWebSocketReceiveResult part;
                do
                {
                    part = await socket.ReceiveAsync(buffer.AsMemory(filled), ct);
                    if (part.MessageType == WebSocketMessageType.Close)
                        throw new WebSocketException($"closed with {socket.CloseStatus}");
                    filled += part.Count;
                } while (!part.EndOfMessage);
                using var frame = JsonDocument.Parse(buffer.AsMemory(0, filled));
                await Take(frame.RootElement);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task Take(JsonElement frame)
    {
        switch (frame.Text("type"))
        {
            case "message.created":
                Take(frame.GetProperty("message").Number("seq"), frame.GetProperty("message").Text("content"));
                break;
            case "resumed" when !frame.GetProperty("recovered").GetBoolean():
                Unrecovered++;
                await ReadUpTo(frame.Number("to_seq"));
                break;
            case "ack":
                if (lostAt > 0)
                    resumesMs.Add(Environment.TickCount64 - lostAt);
                lostAt = 0;
                isLive = true;
                break;
            case "error":
                throw new IOException(frame.ToString());
        }
    }

    private async Task ReadUpTo(long seq)
    {
        while (lastSeq < seq)
        {
            var reply = await new Visitor(node()).Get(
                $"/api/v1/chat/rooms/{room}/messages?after={lastSeq}&limit={Math.Min(PageMax, seq - lastSeq)}",
                ("Authorization", $"Bearer {person.AccessToken}")
            );
            if (reply.Status != 200)
                throw new IOException($"history is {reply.Status}");
            foreach (var message in reply.Data.EnumerateArray())
                Take(message.Number("seq"), message.Text("content"));
        }
    }

    private void Take(long seq, string content)
    {
        if (seq != lastSeq + 1)
            breaches.Add($"{seq} after {lastSeq}");
        if (seq <= lastSeq)
            return;
        contents.Add(content);
        Volatile.Write(ref lastSeq, seq);
    }
}

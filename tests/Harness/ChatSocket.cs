using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Veza.Tests.Harness;

/// <summary>
/// A person's chat socket: sends requests, waits for their answers, and keeps every frame that came, in order.
/// </summary>
internal sealed class ChatSocket : IAsyncDisposable
{
    private readonly ClientWebSocket socket;
    private readonly ConcurrentQueue<JsonElement> frames = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource<JsonElement>> answers = new();
    private readonly TaskCompletionSource<int?> closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim sending = new(1);
    private readonly ConcurrentQueue<string> misshapen = new();
    private int references;

    private ChatSocket(ClientWebSocket socket)
    {
        this.socket = socket;
        _ = Receive();
    }

    internal JsonElement[] Frames => [.. frames];

    /// <summary>The close code, once the server has closed; null when the connection was cut.</summary>
    internal Task<int?> Closed => closed.Task.WaitAsync(Eventually.DeadlineMax);

    internal static async Task<ChatSocket> Open(
        VezaServer server,
        string? token,
        string? origin = null,
        bool asBrowser = false,
        params string[] protocols
    )
    {
        var socket = new ClientWebSocket();
        foreach (var protocol in protocols.Length > 0 ? protocols : ["veza.chat.v1"])
            socket.Options.AddSubProtocol(protocol);
        if (token is not null && asBrowser)
            socket.Options.AddSubProtocol($"bearer.{token}");
        if (token is not null && !asBrowser)
            socket.Options.SetRequestHeader("Authorization", $"Bearer {token}");
        if (origin is not null)
            socket.Options.SetRequestHeader("Origin", origin);
        socket.Options.CollectHttpResponseDetails = true;
        using var deadline = new CancellationTokenSource(Eventually.DeadlineMax);
        try
        {
            await socket.ConnectAsync(
                new Uri(server.Address.Replace("http://", "ws://", StringComparison.Ordinal) + "/api/v1/chat/ws"),
                deadline.Token
            );
        }
        catch (WebSocketException e)
        {
            throw new HttpRequestException(e.Message, e, socket.HttpStatusCode);
        }

        return new ChatSocket(socket);
    }

    internal static Task<ChatSocket> Open(Actor person) => Open(person.Server, person.AccessToken);

    /// <summary>Sends a request with a reference of its own, and gives the ack or error that answers it.</summary>
    internal async Task<JsonElement> Ask(string type, Guid? room = null, params (string Name, object? Value)[] members)
    {
        var reference = $"r{Interlocked.Increment(ref references)}";
        var answer = answers[reference] = new TaskCompletionSource<JsonElement>(
            TaskCreationOptions.RunContinuationsAsynchronously
        );
        var frame = new Dictionary<string, object?> { ["type"] = type, ["ref"] = reference };
        if (room is not null)
            frame["room_id"] = room;
        foreach (var (name, value) in members)
            frame[name] = value;
        await SendText(JsonSerializer.Serialize(frame));
        return await answer.Task.WaitAsync(Eventually.DeadlineMax);
    }

    internal async Task<JsonElement> Acknowledged(
        string type,
        Guid? room = null,
        params (string Name, object? Value)[] members
    )
    {
        var answer = await Ask(type, room, members);
        Assert.True(answer.Text("type") == "ack", answer.ToString());
        return answer;
    }

    internal Task<JsonElement> Subscribe(Guid room, long? afterSeq = null) =>
        Acknowledged("subscribe", room, ("after_seq", afterSeq));

    internal Task<JsonElement> Say(Guid room, string clientId, string content) =>
        Acknowledged("message.send", room, ("client_id", clientId), ("content", content));

    internal Task SendText(string text) => SendBytes(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text);

    internal async Task SendBytes(byte[] bytes, WebSocketMessageType type)
    {
        await sending.WaitAsync();
        try
        {
            await socket.SendAsync(bytes, type, true, CancellationToken.None);
        }
        finally
        {
            sending.Release();
        }
    }

    internal async Task<JsonElement> Frame(string type) =>
        (JsonElement)
            await Eventually.Get(
                $"a frame {type}",
                () => Task.FromResult(Frames.Where(f => f.Text("type") == type).Select(f => (object)f).FirstOrDefault())
            );

    /// <summary>The seqs of a room's messages as they came.</summary>
    internal long[] Seqs(Guid room) =>
        [
            .. Frames
                .Where(f => f.Text("type") == "message.created")
                .Select(f => f.GetProperty("message"))
                .Where(m => m.GetProperty("room_id").GetGuid() == room)
                .Select(m => m.Number("seq")),
        ];

    internal Task Saw(Guid room, long seq) =>
        Eventually.True($"seq {seq} of room {room} came", () => Task.FromResult(Seqs(room).Contains(seq)));

    public ValueTask DisposeAsync()
    {
        socket.Abort();
        socket.Dispose();
        sending.Dispose();
        // In every test that opens one: what came is what the document of the socket says.
        Assert.Empty(misshapen);
        return ValueTask.CompletedTask;
    }

    private async Task Receive()
    {
        var buffer = new byte[256 * 1024];
        try
        {
            while (true)
            {
                var filled = 0;
                ValueWebSocketReceiveResult part;
                do
                {
                    part = await socket.ReceiveAsync(buffer.AsMemory(filled), CancellationToken.None);
                    filled += part.Count;
                } while (!part.EndOfMessage);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    closed.TrySetResult((int?)socket.CloseStatus);
                    await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
                    return;
                }

                Take(JsonElement.Parse(buffer.AsSpan(0, filled)));
            }
        }
        catch (Exception e)
            when (e is WebSocketException or ObjectDisposedException or OperationCanceledException or IOException)
        {
            closed.TrySetResult(null);
            foreach (var answer in answers.Values)
                answer.TrySetException(e);
        }
    }

    private void Take(JsonElement frame)
    {
        frames.Enqueue(frame);
        if (FrameShape.Fault(frame) is { } fault)
            misshapen.Enqueue(fault);
        if (
            frame.TryGetProperty("ref", out var reference)
            && reference.ValueKind == JsonValueKind.String
            && answers.TryRemove(reference.GetString()!, out var waiting)
        )
            waiting.TrySetResult(frame);
    }
}

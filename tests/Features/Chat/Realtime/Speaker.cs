using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.WebSockets;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Realtime;

/// <summary>
/// Says one thing after another at a pace, each again under its client_id until it is acknowledged, on whatever node
/// there is.
/// </summary>
internal sealed class Speaker(
    Func<VezaServer> node,
    Actor person,
    Guid room,
    string name,
    ConcurrentDictionary<string, (long Seq, string Content)> acknowledged
)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private ChatSocket? socket;
    private Task<int?>? closed;

    internal async Task Speak(TimeSpan every, CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        for (var i = 0; !ct.IsCancellationRequested; i++)
        {
            var content = $"{name} says {i}: {Guid.CreateVersion7()}";
            while (!await Said($"{name}-{i}", content))
                await Task.Delay(Pause, CancellationToken.None);
            var ahead = (i + 1) * every - watch.Elapsed;
            if (ahead > TimeSpan.Zero)
                await Task.Delay(ahead, CancellationToken.None);
        }

        if (socket is not null)
            await socket.DisposeAsync();
    }

    private async Task<bool> Said(string clientId, string content)
    {
        try
        {
            if (socket is null)
            {
                socket = await ChatSocket.Open(node(), person.AccessToken);
                closed = socket.Closed;
            }

            var asking = socket.Ask("message.send", room, ("client_id", clientId), ("content", content));
            if (await Task.WhenAny(asking, closed!) != asking)
                throw new IOException("closed");
            var answer = await asking;
            if (answer.Text("type") == "error" && answer.Text("error_code") is "UNAVAILABLE" or "ROOM_BUSY")
                return false;
            acknowledged[clientId] = (answer.GetProperty("message").Number("seq"), content);
            return true;
        }
        catch (Exception e)
            when (e
                    is WebSocketException
                        or HttpRequestException
                        or IOException
                        or ObjectDisposedException
                        or TimeoutException
                        or OperationCanceledException
            )
        {
            if (socket is not null)
                await socket.DisposeAsync();
            socket = null;
            return false;
        }
    }
}

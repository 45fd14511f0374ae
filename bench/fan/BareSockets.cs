using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Veza.Bench.Fan;

/// <summary>
/// Kestrel's own WebSockets and nothing else: one room in memory, everybody told by SendAsync, one after the other.
/// What a socket costs at least, and what fan-out costs in the ordinary way. It reads zero bytes while nothing comes,
/// so that it holds no buffer either.
/// </summary>
internal static class BareSockets
{
    private const int BufferBytes = 4096;

    internal static async Task<int> Run(string port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        var app = builder.Build();
        app.UseWebSockets();
        var (gate, members) = (new Lock(), new Dictionary<WebSocket, SemaphoreSlim>());
        // Made anew when somebody came or went, and not for each of ten thousand who come.
        KeyValuePair<WebSocket, SemaphoreSlim>[]? told = null;
        app.MapGet(
            "/ws",
            async (HttpContext http) =>
            {
                using var socket = await http.WebSockets.AcceptWebSocketAsync();
                try
                {
                    while (true)
                    {
                        if (
                            (await socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None)).MessageType
                            == WebSocketMessageType.Close
                        )
                            return;
                        var buffer = new byte[BufferBytes];
                        var message = buffer.AsMemory(
                            0,
                            (await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None)).Count
                        );
                        if (message.Length == 1)
                        {
                            lock (gate)
                            {
                                members[socket] = new SemaphoreSlim(1);
                                told = null;
                            }

                            continue;
                        }

                        KeyValuePair<WebSocket, SemaphoreSlim>[] all;
                        lock (gate)
                            all = told ??= [.. members];
                        foreach (var (member, turn) in all)
                            await Tell(member, turn, message);
                    }
                }
                catch (Exception e) when (e is WebSocketException or IOException)
                {
                    // The load of a round is over: its connections end without a goodbye.
                }
                finally
                {
                    lock (gate)
                    {
                        members.Remove(socket);
                        told = null;
                    }
                }
            }
        );
        await app.RunAsync();
        return 0;
    }

    private static async Task Tell(WebSocket socket, SemaphoreSlim turn, ReadOnlyMemory<byte> message)
    {
        await turn.WaitAsync();
        await socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        turn.Release();
    }
}

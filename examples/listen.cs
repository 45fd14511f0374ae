// Listens to a room over the socket and prints what is said.
//   dotnet run examples/listen.cs -- URL ROOM ACCESS_TOKEN [COUNT]     ends after COUNT messages
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

if (args is not [var url, var room, var token, ..])
{
    Console.Error.WriteLine("usage: dotnet run examples/listen.cs -- URL ROOM ACCESS_TOKEN [COUNT]");
    return 2;
}

var left = args.Length > 3 ? int.Parse(args[3]) : int.MaxValue;
using var socket = new ClientWebSocket();
socket.Options.AddSubProtocol("veza.chat.v1");
socket.Options.SetRequestHeader("Authorization", $"Bearer {token}");
await socket.ConnectAsync(new Uri(url.Replace("http", "ws") + "/api/v1/chat/ws"), CancellationToken.None);

// after_seq asks for everything after that message; 0 is the room's beginning. Keep the seq you saw last, and a
// reconnect misses nothing.
var subscribe = $$"""{"type":"subscribe","ref":"1","room_id":"{{room}}","after_seq":0}""";
await socket.SendAsync(Encoding.UTF8.GetBytes(subscribe), WebSocketMessageType.Text, true, CancellationToken.None);

var buffer = new byte[64 * 1024];
while (left > 0)
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
        Console.Error.WriteLine($"closed: {(int?)socket.CloseStatus} {socket.CloseStatusDescription}");
        return 1;
    }

    using var frame = JsonDocument.Parse(buffer.AsMemory(0, filled));
    switch (frame.RootElement.GetProperty("type").GetString())
    {
        case "message.created":
            var message = frame.RootElement.GetProperty("message");
            Console.WriteLine(
                $"{message.GetProperty("seq")}  {message.GetProperty("author").GetProperty("display_name")}: {message.GetProperty("content")}"
            );
            left--;
            break;
        case "error":
            Console.Error.WriteLine(frame.RootElement.GetProperty("message").GetString());
            return 1;
    }
}

await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
return 0;

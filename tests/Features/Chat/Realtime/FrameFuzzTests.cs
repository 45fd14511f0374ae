using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Veza.Tests.Features.Chat.Messages;
using Veza.Tests.Harness;
using Veza.Tests.Infrastructure.Http;

namespace Veza.Tests.Features.Chat.Realtime;

/// <summary>
/// Frames that nobody means well with: each is answered once, with an ack or an error that names its request, and the
/// connection lives. VEZA_TEST_FUZZ_FRAMES says how many; they follow from a seed, VEZA_TEST_FUZZ_SEED, alone.
/// </summary>
public sealed class FrameFuzzTests(VezaServer server) : IClassFixture<VezaServer>
{
    private const int FramesUsual = 259,
        FramesPerSocket = 60;

    private static int Number(string variable, int usual) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : usual;

    /// <summary>One of each kind, all members given.</summary>
    private static string[] Sound(Guid room, Guid message) =>
        [
            $$"""{"type":"subscribe","ref":"r","room_id":"{{room}}","after_seq":0,"after_change":0}""",
            $$"""{"type":"unsubscribe","ref":"r","room_id":"{{room}}"}""",
            $$"""{"type":"message.send","ref":"r","room_id":"{{room}}","client_id":"c","content":"Hello","reply_to":"{{message}}","attachments":[],"track_position":{"track_id":"{{message}}","position_ms":5} }""",
            $$"""{"type":"message.edit","ref":"r","room_id":"{{room}}","message_id":"{{message}}","content":"Better","edits":0}""",
            $$"""{"type":"message.delete","ref":"r","room_id":"{{room}}","message_id":"{{message}}"}""",
            $$"""{"type":"typing","ref":"r","room_id":"{{room}}","on":true}""",
            $$"""{"type":"read","ref":"r","room_id":"{{room}}","seq":1,"unread":true}""",
            $$"""{"type":"presence.set","ref":"r","status":"dnd","text":"Away","until":"2027-01-01T00:00:00.000Z"}""",
            $$"""{"type":"presence.watch","ref":"r","user_ids":["{{message}}"]}""",
            """{"type":"ping","ref":"r"}""",
        ];

    [Fact]
    public async Task Every_frame_is_answered_and_none_ends_the_connection()
    {
        var (count, seed) = (Number("VEZA_TEST_FUZZ_FRAMES", FramesUsual), Number("VEZA_TEST_FUZZ_SEED", 20260301));
        var talk = await Talk.Begin(server, "public", "mira");
        var message = await talk.Say(talk.Owner, "Hallo");
        var faults = new List<string>();
        for (var from = 0; from < count; from += FramesPerSocket)
        {
            await using var socket = await ChatSocket.Open(talk.Owner);
            await socket.Subscribe(talk.Room);
            for (var n = from; n < Math.Min(count, from + FramesPerSocket); n++)
            {
                var random = new Random(unchecked(seed + n * 7919));
                if (await Try(socket, Frame(Sound(talk.Room, message), random)) is not { } fault)
                    continue;
                faults.Add($"#{n}: {fault}");
                if (fault.StartsWith("closed", StringComparison.Ordinal))
                    break;
            }
        }

        Assert.True(
            faults.Count == 0,
            $"seed {seed}, {faults.Count} faults of {count}:\n{string.Join('\n', faults)}\n{server.LogTail()}"
        );
    }

    /// <summary>
    /// Each by its name: half a surrogate pair where a text belongs, which JSON can write and nothing can hold.
    /// </summary>
    [Theory]
    [InlineData("""{"type":"ping","ref":"\ud800"}""", null)]
    [InlineData("""{"type":"\udc00","ref":"x1"}""", "x1")]
    [InlineData("""{"type":"ping","ref":5}""", null)]
    [InlineData("""{"type":"message.send","ref":"x2","content":"\ud800"}""", "x2")]
    [InlineData("""{"type":"message.send","ref":"x3","content":"a\u0000"}""", "x3")]
    [InlineData("""{"\ud800":1,"type":"pong","ref":"x4"}""", "x4")]
    [InlineData("""{"type":"typing","ref":"x5","room_id":"\ud800"}""", "x5")]
    [InlineData("""{"type":"subscribe","ref":"x6","room_id":"x"}""", "x6")]
    public async Task Half_a_surrogate_pair_is_an_error_of_its_frame(string frame, string? reference)
    {
        await using var socket = await ChatSocket.Open(await server.Register("mira"));
        await socket.SendText(frame);
        await socket.Acknowledged("ping");
        var error = Assert.Single(socket.Frames, f => f.Text("type") == "error");
        Assert.Equal(reference, error.GetProperty("ref").GetString());
    }

    private static byte[] Frame(string[] sound, Random random)
    {
        const int triesMax = 1000;
        for (var tries = 0; tries < triesMax; tries++)
        {
            var frame =
                random.Next(8) == 0
                    ? Encoding.UTF8.GetBytes(random.Any(FuzzValues.Json))
                    : FuzzValues.Mutated(random.Any(sound), random);
            // What is no UTF-8 must end the connection: RFC 6455, and FramingTests.
            if (Utf8.IsValid(frame))
                return frame;
        }

        throw new InvalidOperationException($"None of {triesMax} frames was UTF-8.");
    }

    private static async Task<string?> Try(ChatSocket socket, byte[] frame)
    {
        var (before, sent) = (
            socket.Frames.Length,
            frame.Length > 500 ? $"{frame.Length} bytes" : Encoding.UTF8.GetString(frame)
        );
        try
        {
            await socket.SendBytes(frame, WebSocketMessageType.Text);
            var pong = await socket.Acknowledged("ping");
            JsonElement[] answers =
            [
                .. socket
                    .Frames[before..]
                    .Where(f =>
                        f.Text("type") is "ack" or "error" && f.GetProperty("ref").ToString() != pong.Text("ref")
                    ),
            ];
            if (answers.Length != 1)
                return $"{answers.Length} answers to {sent}";
            var answer = answers[0];
            if (answer.Text("type") == "error" && answer.Text("error_code") is "INTERNAL_ERROR" or "UNAVAILABLE")
                return $"{answer} to {sent}";
            return ReferenceOf(frame) is { } reference && answer.GetProperty("ref").GetString() != reference
                ? $"{answer} names another request than {sent}"
                : null;
        }
        catch (Exception e)
            when (e is WebSocketException or IOException or TimeoutException or OperationCanceledException)
        {
            return $"closed with {await socket.Closed} by {sent}";
        }
    }

    /// <summary>Null where nobody can tell.</summary>
    private static string? ReferenceOf(byte[] frame)
    {
        try
        {
            using var document = JsonDocument.Parse(frame, new JsonDocumentOptions { MaxDepth = 64 });
            if (
                document.RootElement.ValueKind != JsonValueKind.Object
                || document.RootElement.EnumerateObject().Count(member => member.Name == "ref") != 1
            )
                return null;
            var reference = document.RootElement.GetProperty("ref");
            return reference.ValueKind == JsonValueKind.String ? reference.GetString() : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}

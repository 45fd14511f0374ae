using System.Reflection;
using System.Text.Json;
using Veza.Features.Chat.Realtime;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Realtime;

/// <summary>
/// The document of the socket says what the code does. That frames which come are as it says, every test with a
/// <see cref="ChatSocket"/> sees.
/// </summary>
public sealed class AsyncApiTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    [Fact]
    public async Task Its_own_tools_find_no_fault_in_it()
    {
        var read = await BrowserScript.Run("asyncapi.mjs", $"{server.Address}/asyncapi/v1.json");
        Assert.Empty(read.GetProperty("faults").EnumerateArray().Select(f => f.GetString()));
        Assert.Equal(["/api/v1/chat/ws"], read.GetProperty("addresses").EnumerateArray().Select(a => a.GetString()));
        Assert.Equal(
            ChatFrames
                .OfClients.Select(kind => kind.Type)
                .Concat(ChatFrames.OfServer.Select(kind => kind.Type))
                .Order(StringComparer.Ordinal),
            read.GetProperty("messages").EnumerateArray().Select(m => m.GetString()!).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task The_server_knows_the_frames_it_names_and_no_others()
    {
        await using var socket = await ChatSocket.Open(await server.Register("mira"));
        foreach (var kind in ChatFrames.OfClients)
        {
            Assert.NotEqual("FRAME_TYPE_UNKNOWN", Code(await socket.Ask(kind.Type)));
            using var example = JsonDocument.Parse(kind.Example);
            string[] members = [.. example.RootElement.EnumerateObject().Select(member => member.Name)];
            Assert.Subset(
                new HashSet<string>(["type", "ref", .. kind.Required, .. kind.Optional]),
                members.ToHashSet()
            );
            Assert.Superset(new HashSet<string>(["type", .. kind.Required]), members.ToHashSet());
            var before = socket.Frames.Length;
            await socket.SendText(kind.Example);
            var answer = (JsonElement)
                await Eventually.Get(
                    $"an answer to {kind.Type}",
                    () => Task.FromResult(socket.Frames.Skip(before).Select(f => (object)f).FirstOrDefault())
                );
            Assert.DoesNotContain(Code(answer), new[] { "FRAME_INVALID", "FRAME_TYPE_UNKNOWN" });
        }

        foreach (
            var type in ChatFrames
                .OfServer.Select(kind => kind.Type)
                .Except(ChatFrames.OfClients.Select(kind => kind.Type))
                .Append("make.coffee")
        )
            Assert.Equal("FRAME_TYPE_UNKNOWN", Code(await socket.Ask(type)));
    }

    [Fact]
    public void Every_record_and_every_member_that_is_read_or_written_is_in_it()
    {
        var written = typeof(FrameJson)
            .GetCustomAttributesData()
            .Where(a => a.AttributeType == typeof(System.Text.Json.Serialization.JsonSerializableAttribute))
            .Select(a => (Type)a.ConstructorArguments[0].Value!)
            .Where(type => type.Name.EndsWith("Frame", StringComparison.Ordinal) && type != typeof(ClientFrame))
            .ToArray();
        Assert.True(written.Length > 5);
        Assert.Equal(
            written.Select(t => t.Name).Order(),
            ChatFrames.OfServer.Select(kind => kind.Shape.Type.Name).Distinct().Order()
        );
        var read = typeof(ClientFrame)
            .GetProperties(BindingFlags.Instance | BindingFlags.Public)
            .Select(p => JsonNamingPolicy.SnakeCaseLower.ConvertName(p.Name))
            .Except(["type", "ref"]);
        Assert.Equal(
            read.Order(),
            ChatFrames.OfClients.SelectMany(kind => kind.Required.Concat(kind.Optional)).Distinct().Order()
        );
    }

    private static string? Code(JsonElement answer) =>
        answer.TryGetProperty("error_code", out var code) ? code.GetString() : null;
}

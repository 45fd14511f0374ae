using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using Veza.Tests.Harness;
using static Veza.Tests.Harness.Wire;

namespace Veza.Tests.Features.Chat.Realtime;

/// <summary>
/// RFC 6455 from a client that does not keep to it, one case after the other and then at random; meanwhile others talk.
/// </summary>
public sealed class FramingTests(VezaServer server) : IClassFixture<VezaServer>
{
    private const int MutationsMax = 1000,
        AtOnceMax = 8,
        MemoryKibMax = 48 * 1024;

    public static TheoryData<string> Names => [.. FramingCases.All.Select(c => c.Name)];

    [Fact]
    public void There_are_two_hundred_cases() =>
        Assert.True(
            FramingCases.All.DistinctBy(c => c.Name).Count() == FramingCases.All.Length
                && FramingCases.All.Length >= 200
        );

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Each_case_ends_as_the_standard_says(string name)
    {
        var sent = FramingCases.All.Single(c => c.Name == name);
        using var raw = await RawSocket.Open(await server.Register("mira"));
        var writing = Write(raw, sent.Writes);
        var outcome = await Outcome(raw, sent.Outcome);
        await writing;
        Assert.Equal(sent.Outcome, outcome);
        if (outcome.StartsWith("close", StringComparison.Ordinal))
            return;
        await raw.Send(Frame(Ping, "alive?"u8.ToArray()));
        var answer = await Heard(raw, f => f.Opcode != 10 || f.Text == "alive?");
        Assert.True(answer is { Opcode: 10 }, $"{answer}");
    }

    [Fact]
    public async Task A_thousand_mutated_sessions_disturb_nobody_and_leave_nothing()
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var room = (await davor.Post("/api/v1/chat/rooms", new { Name = "Undisturbed" }))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();
        await using var his = await ChatSocket.Open(davor);
        await his.Subscribe(room);
        var random = new Random(6455);
        byte[] session =
        [
            .. Text("{\"type\":\"ping\",\"ref\":\"1\"}"),
            .. Frame(Ping, [1, 2, 3]),
            .. Frame(1, "{\"type\":"u8.ToArray()),
            .. Frame(Pong, []),
            .. Frame(Continue, "\"ping\"}"u8.ToArray()),
            .. Text($"{{\"type\":\"subscribe\",\"ref\":\"2\",\"room_id\":\"{room}\",\"after_seq\":0}}"),
            .. Text("{\"ref\":\"" + new string('x', 500) + "\"}"),
            .. Frame(Binary, new byte[200]),
            .. CloseFrame(1000),
        ];
        byte[][] sessions = [.. Enumerable.Range(0, MutationsMax).Select(_ => Mutation.Of(session, random))];

        // The first ones make the server what it is under load; memory is compared from there.
        await Assault(mira, sessions[..200]);
        var beforeKib = ResidentKib();
        var said = 0;
        var assault = Assault(mira, sessions[200..]);
        while (!assault.IsCompleted)
            (
                await davor.Post(
                    $"/api/v1/chat/rooms/{room}/messages",
                    new { ClientId = $"m{said++}", Content = "still here" }
                )
            ).Is(201);
        await assault;
        Assert.True(said > 0);
        await his.Saw(room, said);
        Assert.Equal(Enumerable.Range(1, said).Select(i => (long)i), his.Seqs(room));
        (await mira.Get("/health/ready")).Is(200);
        Assert.InRange(ResidentKib() - beforeKib, int.MinValue, MemoryKibMax);
        Assert.DoesNotContain("fail:", server.Log, StringComparison.Ordinal);
    }

    private static async Task Assault(Actor mira, byte[][] sessions)
    {
        using var places = new SemaphoreSlim(AtOnceMax);
        await Task.WhenAll(
            sessions.Select(async bytes =>
            {
                await places.WaitAsync();
                try
                {
                    using var raw = await RawSocket.Open(mira);
                    await Write(raw, [bytes]);
                    var ending = Stopwatch.StartNew();
                    End(raw);
                    while (await raw.Read() is not null)
                        Assert.True(ending.Elapsed < Eventually.DeadlineMax, "The server does not end.");
                }
                finally
                {
                    places.Release();
                }
            })
        );
    }

    private static void End(RawSocket raw)
    {
        try
        {
            raw.EndSending();
        }
        catch (SocketException)
        {
            // The server was first.
        }
    }

    private static async Task Write(RawSocket raw, byte[][] writes)
    {
        try
        {
            foreach (var bytes in writes)
                await raw.Send(bytes);
        }
        catch (IOException)
        {
            // The server has ended before we have, as it may after a fault.
        }
    }

    private static async Task<string> Outcome(RawSocket raw, string expected)
    {
        if (expected == "alive")
            return expected;
        var wantsPong = expected == "pong";
        // What was sound before the fault is answered before the close.
        var wantsClose = expected.StartsWith("close", StringComparison.Ordinal);
        return await Heard(raw, f => f.Opcode == 8 || !wantsClose && (f.Opcode == 10) == wantsPong) switch
        {
            null => "the end",
            { Opcode: 8 } close => "close " + close.Code.ToString(CultureInfo.InvariantCulture),
            { Opcode: 10 } => "pong",
            { Opcode: 1 } text => Answer(JsonElement.Parse(text.Payload)),
            var other => other.ToString(),
        };
    }

    private static string Answer(JsonElement frame) =>
        frame.Text("type") switch
        {
            "ack" => frame.Text("ref") == "ш€😀" ? "ack" : $"an ack of {frame.Text("ref")}",
            "error" => "error " + frame.Text("error_code"),
            var other => other,
        };

    private static async Task<RawFrame?> Heard(RawSocket raw, Func<RawFrame, bool> wanted)
    {
        while (await raw.Read() is { } frame)
            if (wanted(frame))
                return frame;
        return null;
    }

    private long ResidentKib() =>
        long.Parse(
            File.ReadLines($"/proc/{server.ProcessId}/status")
                .Single(l => l.StartsWith("VmRSS", StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture
        );
}

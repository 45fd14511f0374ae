using System.Collections.Concurrent;
using System.Diagnostics;
using Veza.Infrastructure.Realtime;
using Veza.Tests.Harness;
using Veza.Tests.Infrastructure.Http;
using static Veza.Tests.Harness.Wire;

namespace Veza.Tests.Features.Chat.Realtime;

/// <summary>Peers that do not read, that vanish, that stop in the middle, and a server that stops.</summary>
public sealed class EndsTests
{
    private static async Task<(Actor Mira, Guid Room)> Room(VezaServer server)
    {
        var mira = await Actor.Register(server, "mira");
        return (
            mira,
            (await mira.Post("/api/v1/chat/rooms", new { Name = $"Room of {mira.Username}" }))
                .Is(201)
                .Data.GetProperty("id")
                .GetGuid()
        );
    }

    private static string Subscribe(Guid room) => $"{{\"type\":\"subscribe\",\"ref\":\"s\",\"room_id\":\"{room}\"}}";

    /// <summary>Some 200 kB a second, until the connection is closed: the code.</summary>
    private static async Task<int?> ReadSlowly(RawSocket raw)
    {
        while (await raw.Read() is { } frame)
        {
            if (frame.Opcode == 8)
                return frame.Code;
            await Task.Delay(40);
        }

        return null;
    }

    [Fact]
    public async Task Whoever_does_not_read_is_closed_and_nobody_else_waits()
    {
        await using var server = await VezaServer.Start();
        var (mira, room) = await Room(server);
        await using var quick = await ChatSocket.Open(mira);
        await quick.Subscribe(room);
        using var slow = await RawSocket.Open(server.Port, mira.AccessToken, receiveBytes: 4096);
        await slow.SendText(Subscribe(room));
        Assert.Equal(1, (await slow.Heard())!.Opcode);

        // About 2.5 MB for somebody who takes nothing: more than the queue and all buffers hold.
        var (content, said) = (new string('m', 4000), 0);
        for (; said < 600; said++)
            (
                await mira.Post($"/api/v1/chat/rooms/{room}/messages", new { ClientId = $"{said}", Content = content })
            ).Is(201);

        await quick.Saw(room, said);
        Assert.Equal(Enumerable.Range(1, said).Select(i => (long)i), quick.Seqs(room));

        // What the kernels hold can still be read; then it ends, by 4008 or without a word, and it was never all of it.
        await Eventually.True("the server has let go of the slow one", () => Task.FromResult(IsLetGo(slow)));
        var got = 0;
        while (await slow.Read() is { Opcode: not 8 })
            got++;
        Assert.InRange(got, 0, said - 1);
        await quick.Acknowledged("ping");
    }

    [Fact]
    public async Task Whoever_reads_but_cannot_keep_up_is_told_4008()
    {
        await using var server = await VezaServer.Start();
        var (mira, room) = await Room(server);
        using var raw = await RawSocket.Open(server.Port, mira.AccessToken, receiveBytes: 4096);
        await raw.SendText(Subscribe(room));
        Assert.Equal(1, (await raw.Heard())!.Opcode);
        var closed = ReadSlowly(raw);
        var posting = Enumerable
            .Range(0, 16)
            .Select(async poster =>
            {
                for (var n = 0; n < 1000 && !closed.IsCompleted; n++)
                    (
                        await mira.Post(
                            $"/api/v1/chat/rooms/{room}/messages",
                            new { ClientId = $"{poster}-{n}", Content = new string('ш', 4000) }
                        )
                    ).Is(201);
            })
            .ToArray();
        Assert.Equal(CloseCodes.TooSlow, await closed);
        await Task.WhenAll(posting);
    }

    [Fact]
    public async Task Who_vanishes_without_a_word_is_found_and_who_answers_pings_stays()
    {
        await using var server = await VezaServer.Start(("VEZA__SOCKETS__PING_S", "1"));
        var (mira, _) = await Room(server);
        await using var line = new SilentLine(server.Port);
        using var gone = await RawSocket.Open(line.Port, mira.AccessToken);
        // This one says nothing by itself: its library answers pings.
        await using var quiet = await ChatSocket.Open(mira);
        using var half = await RawSocket.Open(mira);
        await half.Send(Frame(Say, new byte[50])[..20]);
        Assert.Equal(9, (await gone.Read())!.Opcode);
        line.GoSilent();
        await line.ServerEnded;

        // Half a frame and then silence ends the same way.
        while (await half.Read() is not null) { }
        await quiet.Acknowledged("ping");
        Assert.False(quiet.Closed.IsCompleted);
    }

    [Fact]
    public void With_any_setting_a_vanished_peer_is_found_within_45_seconds() =>
        Each.Of(
            Enumerable.Range(1, 20),
            s =>
                Assert.True(
                    new Veza.Infrastructure.Configuration.SocketSettings(1, 1, TimeSpan.FromSeconds(s)).SilentMax
                        <= TimeSpan.FromSeconds(45)
                )
        );

    [Fact]
    public async Task A_message_that_never_ends_is_closed_although_its_sender_lives()
    {
        await using var server = await VezaServer.Start(("VEZA__SOCKETS__PING_S", "20"));
        var (mira, _) = await Room(server);
        using var raw = await RawSocket.Open(mira);
        // From before it begins, so that a slow machine only makes it more.
        var since = Stopwatch.StartNew();
        await raw.Send(Frame(1, "{"u8.ToArray()));
        var closed = raw.Closed();
        await Eventually.True(
            "it is closed",
            async () =>
            {
                if (!closed.IsCompleted)
                    await raw.Send(Frame(Pong, []));
                return closed.IsCompleted;
            }
        );
        Assert.Equal(CloseCodes.Policy, await closed);
        Assert.True(since.Elapsed >= SocketTimes.MessageMax, $"{since.Elapsed}");
    }

    [Fact]
    public async Task A_stop_under_load_loses_nothing_that_was_acknowledged()
    {
        await using var server = await VezaServer.Start();
        var (mira, room) = await Room(server);
        var sockets = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => ChatSocket.Open(mira)));
        await Task.WhenAll(sockets.Select(s => s.Subscribe(room)));
        var acknowledged = new ConcurrentDictionary<string, long>();
        var talking = sockets
            .Take(4)
            .Select(
                async (socket, i) =>
                {
                    for (var n = 0; ; n++)
                        if (
                            (
                                await socket.Ask(
                                    "message.send",
                                    room,
                                    ("client_id", $"{i}-{n}"),
                                    ("content", "on and on")
                                )
                            )
                                is var answer
                            && answer.Text("type") == "ack"
                        )
                            acknowledged[$"{i}-{n}"] = answer.GetProperty("message").Number("seq");
                }
            )
            .ToArray();
        await Eventually.True("they are in full flow", () => Task.FromResult(acknowledged.Count > 100));
        Assert.Equal(0, await server.Stop());
        foreach (var socket in sockets)
        {
            Assert.Equal(CloseCodes.Restarting, await socket.Closed);
            Assert.InRange((await socket.Frame("notice")).Number("reconnect_after_ms"), 500, 5000);
        }

        // Not everybody is told to come back at the same moment.
        Assert.True(
            sockets
                .Select(s => s.Frames.Single(f => f.Text("type") == "notice").Number("reconnect_after_ms"))
                .Distinct()
                .Count() > 10
        );
        var stored = await server.Database.Column(
            "select client_id || ' ' || seq from message where room_id = $1",
            room
        );
        Assert.Subset(stored.ToHashSet(), acknowledged.Select(a => $"{a.Key} {a.Value}").ToHashSet());
        foreach (var talk in talking)
            Assert.False(talk.IsCompletedSuccessfully);
        foreach (var socket in sockets)
            await socket.DisposeAsync();
    }

    /// <summary>
    /// Whether the server has ended the connection, seen without reading: the kernel's own table says so (state 01 is
    /// established).
    /// </summary>
    private static bool IsLetGo(RawSocket raw)
    {
        var port = ((System.Net.IPEndPoint)raw.Socket.LocalEndPoint!).Port.ToString(
            "X4",
            System.Globalization.CultureInfo.InvariantCulture
        );
        return !File.ReadLines("/proc/net/tcp")
            .Concat(File.ReadLines("/proc/net/tcp6"))
            .Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Any(f => f.Length > 3 && f[2].EndsWith(':' + port, StringComparison.Ordinal) && f[3] == "01");
    }
}

using System.Text.Json;
using Veza.Tests.Harness;
using Veza.Tests.Infrastructure.Http;

namespace Veza.Tests.Features.Chat.Messages;

/// <summary>Mentions, what is unread, and who may see how far one has read.</summary>
public sealed class ReadingTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    private static async Task<string> Unread(Talk talk, Actor who) =>
        string.Join(
            ' ',
            (await who.Get("/api/v1/chat/unread?limit=100"))
                .Is(200)
                .Data.EnumerateArray()
                .Where(m => m.GetProperty("room_id").GetGuid() == talk.Room)
                .Select(m => $"{m.Number("unread_count")} {m.Number("mention_count")} {m.Number("first_unread_seq")}")
        );

    private static Task<Reply> Read(Talk talk, Actor who, long seq, bool? unread = null) =>
        who.Put($"/api/v1/chat/rooms/{talk.Room}/read", new { Seq = seq, Unread = unread });

    private static string[] Mentioned(JsonElement message) =>
        [.. message.GetProperty("mentions").EnumerateArray().Select(m => m.Text("username"))];

    [Fact]
    public async Task Members_are_mentioned_by_name_and_everybody_by_moderators()
    {
        var talk = await Talk.Begin(server, "public", "mira", "davor", "sunniva");
        var (mira, davor, sunniva) = (talk.Owner, talk.Guests[0], talk.Guests[1]);
        var outsider = await server.Register("outsider");
        var said = (
            await talk.Post(
                davor,
                $"@{sunniva.Username.ToUpperInvariant()} and @{outsider.Username}, `@{mira.Username}` "
                    + $"@{davor.Username} @room"
            )
        )
            .Is(201)
            .Data;
        Assert.Equal([sunniva.Username, davor.Username], Mentioned(said));
        Assert.Equal(JsonValueKind.Null, said.GetProperty("calls").ValueKind);
        Assert.Equal("1 1 1", await Unread(talk, sunniva));
        Assert.Equal("1 0 1", await Unread(talk, mira));
        // Who speaks has read up to there.
        Assert.Equal("", await Unread(talk, davor));

        // An edit mentions anew.
        var edited = (await Talk.Edit(davor, said.GetProperty("id").GetGuid(), $"@{mira.Username} rather"))
            .Is(200)
            .Data;
        Assert.Equal([mira.Username], Mentioned(edited));
        Assert.Equal(("1 0 1", "1 1 1"), (await Unread(talk, sunniva), await Unread(talk, mira)));

        var called = (await talk.Post(mira, $"@room and @{sunniva.Username}")).Is(201).Data;
        Assert.Equal("room", called.Text("calls"));
        Assert.Equal(
            ("2 2 1", "1 1 2", ""),
            (await Unread(talk, sunniva), await Unread(talk, davor), await Unread(talk, mira))
        );
        Assert.Equal("here", (await talk.Post(mira, "@here")).Is(201).Data.Text("calls"));
        (await mira.Delete(Talk.Path(called.GetProperty("id").GetGuid()))).Is(200);
        Assert.Equal("2 0 2", await Unread(talk, davor));
    }

    [Fact]
    public async Task A_mention_across_a_block_counts_for_nobody()
    {
        var talk = await Talk.Begin(server, "public", "mira", "davor");
        await talk.Say(talk.Guests[0], $"@{talk.Owner.Username}");
        Assert.Equal("1 1 1", await Unread(talk, talk.Owner));
        await using var scope = new Unblocked(talk);
        await talk.Block(talk.Owner, talk.Guests[0]);
        Assert.Equal("1 0 1", await Unread(talk, talk.Owner));
    }

    [Fact]
    public async Task A_conversation_is_unread_until_it_is_read_or_one_blocks_the_other()
    {
        var (jonas, ilir) = (await server.Register("jonas2"), await server.Register("ilir2"));
        var first = (await jonas.Post($"/api/v1/chat/dm/{ilir.Id}", new { ClientId = "1", Content = "hello" }))
            .Is(201)
            .Data;
        var talk = new Talk(server, first.GetProperty("room_id").GetGuid(), jonas, [ilir]);
        Assert.Equal("1 0 1", await Unread(talk, ilir));
        var file = await AttachmentsTests.Bring(jonas, talk.Room, "a.txt", "a"u8.ToArray());
        var second = (
            await jonas.Post(
                $"/api/v1/chat/dm/{ilir.Id}",
                new
                {
                    ClientId = "2",
                    Content = "",
                    Attachments = new[] { file },
                }
            )
        ).Is(201).Data;
        Assert.Equal("a"u8.ToArray(), (await ilir.Get(second.GetProperty("attachments")[0].Text("url"))).Is(200).Body);
        (await Read(talk, ilir, 1)).Is(200);
        Assert.Equal("1 0 2", await Unread(talk, ilir));

        await talk.Block(jonas, ilir);
        Assert.Equal("", await Unread(talk, ilir));
        (await ilir.Get(second.GetProperty("attachments")[0].Text("url"))).Is(404, "ATTACHMENT_NOT_FOUND");
        (await Talk.Edit(jonas, first.GetProperty("id").GetGuid(), "changed")).Is(403, "DM_BLOCKED");
        (await ilir.Put(Talk.Reactions(first.GetProperty("id").GetGuid(), "👍"))).Is(404, "MESSAGE_NOT_FOUND");
        (await jonas.Delete(Talk.Path(first.GetProperty("id").GetGuid()))).Is(200);
    }

    [Fact]
    public async Task A_mark_goes_forward_and_back_only_when_asked()
    {
        var talk = await Talk.Begin(server, "public", "mira");
        for (var i = 1; i <= 5; i++)
            await talk.Say(talk.Owner, $"message {i}");
        // Who comes late has nothing unread.
        var late = await server.Register("late");
        (await late.Put($"/api/v1/chat/rooms/{talk.Room}/members/me")).Is(200);
        Assert.Equal("", await Unread(talk, late));
        for (var i = 6; i <= 8; i++)
            await talk.Say(talk.Owner, $"message {i}");
        Assert.Equal("3 0 6", await Unread(talk, late));

        Assert.Equal(7, (await Read(talk, late, 7)).Is(200).Data.Number("last_read_seq"));
        Assert.Equal(7, (await Read(talk, late, 6)).Is(200).Data.Number("last_read_seq"));
        Assert.Equal(
            (8, 0),
            (await Read(talk, late, 1000)).Is(200).Data is var all
                ? (all.Number("last_read_seq"), all.Number("unread_count"))
                : default
        );
        Assert.Equal(
            (2, 6, 3),
            (await Read(talk, late, 3, unread: true)).Is(200).Data is var back
                ? (back.Number("last_read_seq"), back.Number("unread_count"), back.Number("first_unread_seq"))
                : default
        );
        Assert.Equal("6 0 3", await Unread(talk, late));
        (await Read(talk, late, -1)).Is(422, "VALIDATION_ERROR");
        (await late.Put($"/api/v1/chat/rooms/{talk.Room}/read", new { })).Is(422, "VALIDATION_ERROR");
        (await Read(talk, await server.Register("stranger"), 3)).Is(403, "NOT_A_MEMBER");
        (await Read(talk with { Room = Guid.CreateVersion7() }, late, 3)).Is(404, "ROOM_NOT_FOUND");
    }

    [Fact]
    public async Task Receipts_are_heard_when_public_never_across_a_block_and_few()
    {
        var talk = await Talk.Begin(server, "public", "tove", "henrik", "vesna", "jonas");
        var (tove, henrik, vesna, jonas) = (talk.Owner, talk.Guests[0], talk.Guests[1], talk.Guests[2]);
        await talk.Block(vesna, henrik);
        (await jonas.Put($"/api/v1/chat/rooms/{talk.Room}/receipts/me", new { Receipts = "private" })).Is(200);
        Assert.Equal(
            ["receipts NOT_ALLOWED"],
            (await jonas.Put($"/api/v1/chat/rooms/{talk.Room}/receipts/me", new { Receipts = "some" }))
                .Is(422, "VALIDATION_ERROR")
                .FieldErrors
        );
        await using var hers = await talk.Listen(tove);
        await using var blind = await talk.Listen(vesna);
        await using var his = await talk.Listen(henrik);
        for (var i = 1; i <= 40; i++)
            await talk.Say(tove, $"message {i}");
        await jonas.Put($"/api/v1/chat/rooms/{talk.Room}/read", new { Seq = 40 });
        for (var seq = 1; seq <= 40; seq++)
            await his.Acknowledged("read", talk.Room, ("seq", seq));

        await Eventually.True(
            "the last receipt came",
            () => Task.FromResult(hers.Frames.Any(f => f.Text("type") == "read" && f.Number("seq") == 40))
        );
        var receipts = hers.Frames.Where(f => f.Text("type") == "read").ToArray();
        Each.Of(receipts, f => Assert.Equal(henrik.Id, f.GetProperty("user_id").GetGuid()));
        Assert.InRange(receipts.Length, 1, 20);
        // The reader is sent what they have read themselves, from whichever device.
        Each.Of(
            his.Frames.Where(f => f.Text("type") == "read"),
            f => Assert.Equal(henrik.Id, f.GetProperty("user_id").GetGuid())
        );
        await hers.Say(talk.Room, "end", "the end");
        await blind.Saw(talk.Room, 41);
        Assert.DoesNotContain(blind.Frames, f => f.Text("type") == "read");

        Assert.Equal([$"{henrik.Username} 40"], await Shown(tove));
        Assert.Equal([$"{tove.Username} 41"], await Shown(vesna));
        Assert.Empty(await Shown(tove, "?seq=41"));
        Assert.Equal("VALIDATION_ERROR", (await his.Ask("read", talk.Room)).Text("error_code"));
        Assert.Equal("VALIDATION_ERROR", (await his.Ask("read", null, ("seq", 1))).Text("error_code"));

        async Task<string[]> Shown(Actor who, string query = "") =>
            [
                .. (await who.Get($"/api/v1/chat/rooms/{talk.Room}/receipts{query}"))
                    .Is(200)
                    .Data.EnumerateArray()
                    .Select(r => $"{r.Text("username")} {r.Number("seq")}"),
            ];
    }

    [Fact]
    public async Task What_one_device_has_read_or_set_back_the_other_hears_and_nobody_else_when_receipts_are_private()
    {
        var talk = await Talk.Begin(server, "public", "tove", "henrik");
        var (tove, henrik) = (talk.Owner, talk.Guests[0]);
        (await henrik.Put($"/api/v1/chat/rooms/{talk.Room}/receipts/me", new { Receipts = "private" })).Is(200);
        await using var phone = await talk.Listen(henrik);
        await using var hers = await talk.Listen(tove);
        for (var i = 1; i <= 3; i++)
            await talk.Say(tove, $"message {i}");
        (await Read(talk, henrik, 3)).Is(200);
        var heard = (await Talk.Frames(phone, "read", 1))[0];
        Assert.Equal((henrik.Id, 3), (heard.GetProperty("user_id").GetGuid(), heard.Number("seq")));
        (await Read(talk, henrik, 2, unread: true)).Is(200);
        Assert.Equal([3, 1], (await Talk.Frames(phone, "read", 2)).Select(f => f.Number("seq")));
        await phone.Say(talk.Room, "end", "the end");
        await hers.Saw(talk.Room, 4);
        Assert.DoesNotContain(hers.Frames, f => f.Text("type") == "read");
    }

    /// <summary>The people of this class meet again in other tests.</summary>
    private sealed class Unblocked(Talk talk) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() =>
            await talk.Server.Database.Execute("delete from account_block where blocker_id = $1", talk.Owner.Id);
    }
}

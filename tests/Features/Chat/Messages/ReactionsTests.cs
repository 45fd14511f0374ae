using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Messages;

/// <summary>Reactions, and pins: what others do to a message.</summary>
public sealed class ReactionsTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    private static string[] Counts(JsonElement message) =>
        [
            .. message
                .GetProperty("reactions")
                .EnumerateArray()
                .Select(r =>
                    $"{r.Text("emoji")} {r.Number("count")}{(r.TryGetProperty("me", out var me) && me.GetBoolean() ? " me" : "")}"
                ),
        ];

    private static string[] Changes(JsonElement[] frames) =>
        [
            .. frames.Select(f =>
                $"{f.Text("emoji")} {f.Number("count")} {f.GetProperty("added").GetBoolean()} {f.Number("change")} {(f.GetProperty("user_id").ValueKind == JsonValueKind.Null ? "somebody" : "named")}"
            ),
        ];

    [Fact]
    public async Task A_reaction_counts_once_is_heard_and_can_be_taken_back()
    {
        var talk = await Talk.Begin(server, "public", "mira", "davor");
        var (mira, davor) = (talk.Owner, talk.Guests[0]);
        await using var hers = await talk.Listen(mira);
        var id = await talk.Say(mira, "hello");
        Assert.Equal(["👍 1 me"], Counts((await davor.Put(Talk.Reactions(id, "👍"))).Is(200).Data));
        Assert.Equal(["👍 1 me"], Counts((await davor.Put(Talk.Reactions(id, "👍"))).Is(200).Data));
        Assert.Equal(["👍 1", "❤️ 1 me"], Counts((await mira.Put(Talk.Reactions(id, "❤"))).Is(200).Data));
        Assert.Equal(["👍 2 me", "❤️ 1 me"], Counts((await mira.Put(Talk.Reactions(id, "👍"))).Is(200).Data));
        Assert.Equal(["👍 2 me", "❤️ 1"], Counts(await Talk.Show(davor, id)));
        Assert.Equal(["👍 1", "❤️ 1"], Counts((await davor.Delete(Talk.Reactions(id, "👍"))).Is(200).Data));
        Assert.Equal(["👍 1", "❤️ 1"], Counts((await davor.Delete(Talk.Reactions(id, "👍"))).Is(200).Data));
        Assert.Equal(["👍 1 me"], Counts((await mira.Delete(Talk.Reactions(id, "❤️"))).Is(200).Data));

        var frames = await Talk.Frames(hers, "reaction.changed", 5);
        Assert.Equal(
            ["👍 1 True 1 named", "❤️ 1 True 2 named", "👍 2 True 3 named", "👍 1 False 4 named", "❤️ 0 False 5 named"],
            Changes(frames)
        );
        Assert.Equal(
            (id, davor.Id, 1),
            (
                frames[0].GetProperty("message_id").GetGuid(),
                frames[0].GetProperty("user_id").GetGuid(),
                frames[0].Number("seq")
            )
        );

        // Who was away gets the latest state, without anything that is for one reader alone.
        await using var again = await ChatSocket.Open(davor);
        await again.Acknowledged("subscribe", talk.Room, ("after_seq", 1), ("after_change", 2));
        var missed = (await again.Frame("message.updated")).GetProperty("message").GetProperty("reactions")[0];
        Assert.False(missed.TryGetProperty("me", out _));
        Assert.Equal(1, missed.Number("count"));
    }

    [Fact]
    public async Task Many_who_react_at_once_are_counted_exactly()
    {
        string[] names = ["mira", "davor", "sunniva", "tove", "henrik", "vesna"];
        var talk = await Talk.Begin(server, "public", names);
        var id = await talk.Say(talk.Owner, "race");
        string[] emoji = ["👍", "🎵", "🔥"];
        await Task.WhenAll(
            from person in (Actor[])[talk.Owner, .. talk.Guests]
            from e in emoji
            from _ in Enumerable.Range(0, 2)
            select React(person, e)
        );
        await Task.WhenAll(
            talk.Guests.Take(2).Select(async guest => (await guest.Delete(Talk.Reactions(id, "🔥"))).Is(200))
        );
        Assert.Equal(
            ["🎵 6", "👍 6", "🔥 4"],
            Counts(await Talk.Show(await server.Register("looker"), id)).Order(StringComparer.Ordinal)
        );
        Assert.Equal(
            16,
            await server.Database.Scalar<long>("select count(*) from message_reaction where message_id = $1", id)
        );
        Assert.Equal(20, await server.Database.Scalar<long>("select last_change from room where id = $1", talk.Room));

        async Task React(Actor person, string e) => (await person.Put(Talk.Reactions(id, e))).Is(200);
    }

    [Fact]
    public async Task Only_emoji_of_members_and_only_so_many()
    {
        var talk = await Talk.Begin(server, "public", "mira", "davor");
        var outsider = await server.Register("outsider");
        var id = await talk.Say(talk.Owner, "limits");
        foreach (var text in new[] { "lol", "👍👍", "<b>", "1" })
            Assert.Equal(
                ["emoji INVALID_FORMAT"],
                (await talk.Owner.Put(Talk.Reactions(id, text))).Is(422, "VALIDATION_ERROR").FieldErrors
            );
        (await outsider.Put(Talk.Reactions(id, "👍"))).Is(403, "NOT_A_MEMBER");
        (await talk.Owner.Put(Talk.Reactions(Guid.CreateVersion7(), "👍"))).Is(404, "MESSAGE_NOT_FOUND");

        var own = Enumerable.Range(0x1F600, 21).Select(char.ConvertFromUtf32).ToArray();
        foreach (var emoji in own.Take(20))
            (await talk.Owner.Put(Talk.Reactions(id, emoji))).Is(200);
        (await talk.Owner.Put(Talk.Reactions(id, own[20]))).Is(409, "TOO_MANY_REACTIONS");
        (await talk.Owner.Put(Talk.Reactions(id, own[0]))).Is(200);

        var crowded = await talk.Say(talk.Owner, "crowded");
        await server.Database.Execute(
            """
            update message set reactions = (select jsonb_agg(jsonb_build_object('emoji', chr(128640 + n), 'count', 1))
              from generate_series(1, 50) n) where id = $1
            """,
            crowded
        );
        (await talk.Owner.Put(Talk.Reactions(crowded, "👍"))).Is(409, "TOO_MANY_REACTIONS");
        (await talk.Owner.Put(Talk.Reactions(crowded, char.ConvertFromUtf32(128641)))).Is(200);
    }

    [Fact]
    public async Task Across_a_block_the_count_stays_and_who_it_was_is_hidden()
    {
        var talk = await Talk.Begin(server, "public", "sunniva", "tove", "henrik");
        var (sunniva, tove, henrik) = (talk.Owner, talk.Guests[0], talk.Guests[1]);
        await talk.Block(tove, henrik);
        await using var blind = await talk.Listen(henrik);
        await using var free = await talk.Listen(sunniva);
        var id = await talk.Say(sunniva, "seen by all");
        (await tove.Put(Talk.Reactions(id, "👍"))).Is(200);
        Assert.Equal(["👍 1 True 1 named"], Changes(await Talk.Frames(free, "reaction.changed", 1)));
        Assert.Equal(["👍 1 True 1 somebody"], Changes(await Talk.Frames(blind, "reaction.changed", 1)));
        Assert.Equal(["👍 1"], Counts(await Talk.Show(henrik, id)));
        Assert.Empty((await henrik.Get(Talk.Reactions(id, "👍"))).Is(200).Data.EnumerateArray());
        Assert.Equal(
            [tove.Id],
            (await sunniva.Get(Talk.Reactions(id, "👍")))
                .Is(200)
                .Data.EnumerateArray()
                .Select(p => p.GetProperty("id").GetGuid())
        );

        // A message that one does not see tells nothing of its reactions, and takes none.
        var hidden = await talk.Say(tove, "not for henrik");
        (await henrik.Put(Talk.Reactions(hidden, "👍"))).Is(404, "MESSAGE_NOT_FOUND");
        (await henrik.Get(Talk.Reactions(hidden, "👍"))).Is(404, "MESSAGE_NOT_FOUND");
        (await sunniva.Put(Talk.Reactions(hidden, "🔥"))).Is(200);
        await Talk.Frames(free, "reaction.changed", 2);
        await free.Say(talk.Room, "end", "the end");
        await blind.Saw(talk.Room, 3);
        Assert.Single(blind.Frames, f => f.Text("type") == "reaction.changed");
        Assert.Empty((await Talk.Show(henrik, hidden)).GetProperty("reactions").EnumerateArray());
    }

    [Fact]
    public async Task Who_reacted_is_a_list_newest_first_that_goes_on()
    {
        var talk = await Talk.Begin(server, "public", "mira", "davor", "sunniva");
        var id = await talk.Say(talk.Owner, "list");
        foreach (var person in (Actor[])[talk.Owner, .. talk.Guests])
            (await person.Put(Talk.Reactions(id, "👍"))).Is(200);
        var first = (await talk.Owner.Get(Talk.Reactions(id, "👍") + "?limit=2")).Is(200);
        Assert.Equal(
            [talk.Guests[1].Username, talk.Guests[0].Username],
            first.Data.EnumerateArray().Select(p => p.Text("username"))
        );
        var rest = (
            await talk.Owner.Get(
                $"{Talk.Reactions(id, "👍")}?limit=2&cursor={first.Json.GetProperty("meta").Text("next_cursor")}"
            )
        ).Is(200);
        Assert.Equal([talk.Owner.Username], rest.Data.EnumerateArray().Select(p => p.Text("username")));
        Assert.Equal(JsonValueKind.Null, rest.Json.GetProperty("meta").GetProperty("next_cursor").ValueKind);
    }

    [Fact]
    public async Task Pins_are_the_moderators_and_few()
    {
        var talk = await Talk.Begin(server, "public", "mira", "davor");
        var (mira, davor) = (talk.Owner, talk.Guests[0]);
        await using var his = await talk.Listen(davor);
        Guid[] ids = [await talk.Say(davor, "one"), await talk.Say(davor, "two")];
        (await davor.Put(Talk.Path(ids[0], "/pin"))).Is(403, "ROOM_FORBIDDEN");
        foreach (var id in ids)
            Assert.Equal(
                JsonValueKind.String,
                (await mira.Put(Talk.Path(id, "/pin"))).Is(200).Data.GetProperty("pinned_at").ValueKind
            );
        (await mira.Put(Talk.Path(ids[0], "/pin"))).Is(200);
        Assert.Equal(2, (await Talk.Frames(his, "message.updated", 2)).Length);
        Assert.Equal(["two", "one"], Talk.Contents(await davor.Get($"/api/v1/chat/rooms/{talk.Room}/pins")));
        (await davor.Delete(Talk.Path(ids[1], "/pin"))).Is(403, "ROOM_FORBIDDEN");
        (await mira.Delete(Talk.Path(ids[1], "/pin"))).Is(200);
        (await mira.Delete(Talk.Path(ids[1], "/pin"))).Is(200);
        Assert.Equal(["one"], Talk.Contents(await davor.Get($"/api/v1/chat/rooms/{talk.Room}/pins")));

        // The last place is taken once, however many want it.
        await server.Database.Execute("update room set pin_count = 49 where id = $1", talk.Room);
        Guid[] more = [await talk.Say(davor, "three"), await talk.Say(davor, "four"), await talk.Say(davor, "five")];
        var replies = await Task.WhenAll(more.Select(id => mira.Put(Talk.Path(id, "/pin"))));
        Assert.Equal([200, 409, 409], replies.Select(r => r.Status).Order());
        replies.First(r => r.Status == 409).Is(409, "TOO_MANY_PINS");
    }
}

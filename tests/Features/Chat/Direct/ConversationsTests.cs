using System.Text.Json;
using Veza.Tests.Features.Chat.Rooms;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Direct;

/// <summary>Conversations of two people.</summary>
public sealed class ConversationsTests(VezaServer server) : IClassFixture<VezaServer>
{
    private static Task<Reply> Write(Actor from, Actor to, string clientId, string content) =>
        from.Post($"/api/v1/chat/dm/{to.Id}", new { ClientId = clientId, Content = content });

    private static async Task<string[]> Read(Actor reader, Actor other, string query = "") =>
        [
            .. (await reader.Get($"/api/v1/chat/dm/{other.Id}{query}"))
                .Is(200)
                .Data.EnumerateArray()
                .Select(m => m.Text("content")),
        ];

    private static async Task<JsonElement[]> List(Actor person) =>
        [.. (await person.Get("/api/v1/chat/dm")).Is(200).Data.EnumerateArray()];

    private async Task<(Actor One, Actor Other)> Two(string one, string other) =>
        (await Actor.Register(server, one), await Actor.Register(server, other));

    [Fact]
    public async Task The_first_message_makes_the_conversation_and_both_read_it()
    {
        var (mira, davor) = await Two("mira", "davor");
        Assert.Empty(await Read(mira, davor));
        Assert.Empty(await List(mira));
        (await mira.Post($"/api/v1/chat/dm/{davor.Id}", new { ClientId = "1" })).Is(422, "VALIDATION_ERROR");
        Assert.Equal(
            0,
            await server.Database.Scalar<long>("select count(*) from conversation where account_id = $1", mira.Id)
        );
        var first = (await Write(mira, davor, "1", "hello")).Is(201).Data;
        Assert.Equal(
            first.GetProperty("id").GetGuid(),
            (await Write(mira, davor, "1", "hello")).Is(200).Data.GetProperty("id").GetGuid()
        );
        Assert.Equal(2, (await Write(davor, mira, "1", "hello yourself")).Is(201).Data.Number("seq"));
        foreach (var (reader, other) in new[] { (mira, davor), (davor, mira) })
            Assert.Equal(["hello", "hello yourself"], await Read(reader, other));
        Assert.Equal(["hello"], await Read(davor, mira, "?before=2"));
        (await mira.Get($"/api/v1/chat/dm/{davor.Id}?limit=0")).Is(422, "VALIDATION_ERROR");
        (await mira.Get($"/api/v1/chat/dm/{Guid.CreateVersion7()}")).Is(404, "USER_NOT_FOUND");
        (await mira.Post($"/api/v1/chat/dm/{Guid.CreateVersion7()}", new { ClientId = "1", Content = "anybody?" })).Is(
            404,
            "USER_NOT_FOUND"
        );

        var listed = Assert.Single(await List(davor));
        Assert.Equal(
            (mira.Id, 2, "hello yourself"),
            (
                listed.GetProperty("user").GetProperty("id").GetGuid(),
                listed.Number("last_seq"),
                listed.GetProperty("last_message").Text("content")
            )
        );
        Assert.Equal(first.GetProperty("room_id").GetGuid(), listed.GetProperty("room_id").GetGuid());
    }

    [Fact]
    public async Task It_is_a_room_to_the_socket_and_to_nobody_else()
    {
        var (mira, davor) = await Two("mira", "davor");
        var tove = await server.Register("tove");
        var room = (await Write(mira, davor, "1", "just us")).Is(201).Data.GetProperty("room_id").GetGuid();
        await using var his = await ChatSocket.Open(davor);
        await his.Subscribe(room, afterSeq: 0);
        await his.Saw(room, 1);
        await his.Say(room, "d1", "by socket");
        (await Write(mira, davor, "2", "by HTTP")).Is(201);
        await his.Saw(room, 3);
        var shown = (await davor.Get($"/api/v1/chat/rooms/{room}")).Is(200).Data;
        Assert.Equal(
            ("direct", "", JsonValueKind.Null),
            (shown.Text("visibility"), shown.Text("name"), shown.GetProperty("owner_id").ValueKind)
        );

        foreach (var path in new[] { "", "/messages", "/members" })
            (await tove.Get($"/api/v1/chat/rooms/{room}{path}")).Is(404, "ROOM_NOT_FOUND");
        (await tove.Put($"/api/v1/chat/rooms/{room}/members/me")).Is(404, "ROOM_NOT_FOUND");
        await using var stranger = await ChatSocket.Open(tove);
        Assert.Equal("ROOM_NOT_FOUND", (await stranger.Ask("subscribe", room)).Text("error_code"));
        var office = await RoomStage.WithOffice(tove);
        (await office.Delete($"/api/v1/chat/rooms/{room}")).Is(404, "ROOM_NOT_FOUND");

        await RoomStage.Open(davor, $"Just for all {room}");
        foreach (var list in new[] { "", "?mine=true", "?q=just" })
            Each.IsNot(
                room,
                (await davor.Get($"/api/v1/chat/rooms{list}"))
                    .Is(200)
                    .Data.EnumerateArray()
                    .Select(r => r.GetProperty("id").GetGuid())
            );
        (await davor.Put($"/api/v1/chat/rooms/{room}", new { Name = "Ours" })).Is(409, "ROOM_IS_DIRECT");
        (await davor.Delete($"/api/v1/chat/rooms/{room}")).Is(409, "ROOM_IS_DIRECT");
        (await davor.Post($"/api/v1/chat/rooms/{room}/invites", new { UserId = tove.Id })).Is(409, "ROOM_IS_DIRECT");
        (await davor.Delete($"/api/v1/chat/rooms/{room}/members/me")).Is(409, "ROOM_IS_DIRECT");
        (await davor.Put($"/api/v1/chat/rooms/{room}/bans/{mira.Id}")).Is(409, "ROOM_IS_DIRECT");
        (await davor.Put($"/api/v1/chat/rooms/{room}/members/{mira.Id}/mute")).Is(409, "ROOM_IS_DIRECT");
    }

    [Fact]
    public async Task Two_who_write_to_each_other_first_at_once_have_one_conversation()
    {
        for (var round = 0; round < 5; round++)
        {
            var (mira, davor) = await Two("mira", "davor");
            var replies = await Task.WhenAll(
                Enumerable
                    .Range(0, 12)
                    .Select(i =>
                        i % 2 == 0 ? Write(mira, davor, $"{i}", "at once") : Write(davor, mira, $"{i}", "at once")
                    )
            );
            Assert.Single(replies.Select(r => r.Is(201).Data.GetProperty("room_id").GetGuid()).Distinct());
            Assert.Equal(
                Enumerable.Range(1, 12).Select(i => (long)i),
                replies.Select(r => r.Data.Number("seq")).Order()
            );
            Assert.Equal(
                2,
                await server.Database.Scalar<long>(
                    """
                    select count(*) from room_member m join conversation c on c.room_id = m.room_id
                      and c.account_id = m.account_id where m.account_id in ($1, $2)
                    """,
                    mira.Id,
                    davor.Id
                )
            );
        }

        Assert.DoesNotContain("conversation_pkey", server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_note_to_the_writer_is_a_conversation_with_one_side()
    {
        var (mira, _) = await Two("mira", "davor");
        (await Write(mira, mira, "1", "buy strings")).Is(201);
        (await Write(mira, mira, "2", "and rosin")).Is(201);
        Assert.Equal(["buy strings", "and rosin"], await Read(mira, mira));
        var listed = Assert.Single(await List(mira));
        Assert.Equal(mira.Id, listed.GetProperty("user").GetProperty("id").GetGuid());
        Assert.Equal(
            1,
            (await mira.Get($"/api/v1/chat/rooms/{listed.GetProperty("room_id").GetGuid()}"))
                .Is(200)
                .Data.Number("member_count")
        );
    }

    [Fact]
    public async Task A_block_refuses_messages_and_hides_the_conversation_until_it_ends()
    {
        var (mira, davor) = await Two("mira", "davor");
        var room = (await Write(mira, davor, "1", "before")).Is(201).Data.GetProperty("room_id").GetGuid();
        await using var his = await ChatSocket.Open(davor);
        await his.Subscribe(room);
        await RoomStage.Block(mira, davor);
        foreach (var (one, other) in new[] { (mira, davor), (davor, mira) })
        {
            (await Write(one, other, "2", "are you there?")).Is(403, "DM_BLOCKED");
            (await one.Get($"/api/v1/chat/dm/{other.Id}")).Is(403, "DM_BLOCKED");
            Assert.Empty(await List(one));
            (await RoomStage.Post(one, room, "2")).Is(403, "DM_BLOCKED");
            (await one.Get($"/api/v1/chat/rooms/{room}/messages")).Is(404, "ROOM_NOT_FOUND");
            (await one.Get($"/api/v1/chat/rooms/{room}")).Is(404, "ROOM_NOT_FOUND");
        }

        Assert.Equal(
            "DM_BLOCKED",
            (await his.Ask("message.send", room, ("client_id", "3"), ("content", "x"))).Text("error_code")
        );
        Assert.Equal("ROOM_NOT_FOUND", (await his.Ask("subscribe", room)).Text("error_code"));
        Assert.Equal(1, await server.Database.Scalar<long>("select last_seq from room where id = $1", room));

        // Nobody begins one across a block either.
        var (tove, ilir) = await Two("tove", "ilir");
        await RoomStage.Block(tove, ilir);
        (await Write(ilir, tove, "1", "hi")).Is(403, "DM_BLOCKED");
        Assert.Equal(
            0,
            await server.Database.Scalar<long>("select count(*) from conversation where account_id = $1", tove.Id)
        );

        await RoomStage.Unblock(mira, davor);
        Assert.Equal(["before"], await Read(davor, mira));
        (await Write(davor, mira, "2", "after")).Is(201);
    }

    [Fact]
    public async Task Conversations_stand_by_what_was_said_last_and_page_by_cursor()
    {
        var mira = await Actor.Register(server, "mira");
        var others = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Actor.Register(server, "friend")));
        foreach (var other in others)
            (await Write(mira, other, $"{other.Id}", "hi")).Is(201);
        (await Write(others[1], mira, "back", "and back")).Is(201);
        var seen = new List<Guid>();
        string? cursor = null;
        do
        {
            var page = (await mira.Get($"/api/v1/chat/dm?limit=2{(cursor is null ? "" : $"&cursor={cursor}")}")).Is(
                200
            );
            seen.AddRange(page.Data.EnumerateArray().Select(c => c.GetProperty("user").GetProperty("id").GetGuid()));
            cursor = page.Json.GetProperty("meta").GetProperty("next_cursor").GetString();
        } while (cursor is not null);
        Assert.Equal(new[] { 1, 4, 3, 2, 0 }.Select(i => others[i].Id), seen);

        // Whose account is gone leaves what was said.
        await server.Database.Execute("delete from account where id = $1", others[1].Id);
        var listed = (await List(mira))[0];
        Assert.Equal(
            (JsonValueKind.Null, "and back"),
            (listed.GetProperty("user").ValueKind, listed.GetProperty("last_message").Text("content"))
        );
        (await mira.Get($"/api/v1/chat/dm/{others[1].Id}")).Is(200);
        (await Write(mira, others[1], "gone", "still there?")).Is(404, "USER_NOT_FOUND");
    }

    [Fact]
    public async Task What_two_people_said_goes_when_both_are_gone()
    {
        var (tove, ilir) = await Two("tove", "ilir");
        var room = (await Write(tove, ilir, "1", "for us")).Is(201).Data.GetProperty("room_id").GetGuid();
        await server.Database.Execute("delete from account where id = $1", tove.Id);
        await RoomStage.KeepHouse(server);
        Assert.Equal(1, (await ilir.Get($"/api/v1/chat/rooms/{room}")).Is(200).Data.Number("member_count"));
        await server.Database.Execute("delete from account where id = $1", ilir.Id);
        await RoomStage.KeepHouse(server);
        await RoomStage.KeepHouse(server);
        Assert.Equal(
            0,
            await server.Database.Scalar<long>(
                "select (select count(*) from room where id = $1) + (select count(*) from message where room_id = $1)",
                room
            )
        );
    }

    [Fact]
    public async Task Only_so_many_conversations_are_begun_in_an_hour()
    {
        await using var strict = await VezaServer.Start(server.Premises, ("VEZA__LIMITS__DIRECT__PER_SUBJECT", "2"));
        var keen = await Actor.Register(strict, "keen");
        var others = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Actor.Register(strict, "target")));
        foreach (var other in others[..2])
            (await Write(keen, other, "1", "buy this")).Is(201);
        (await Write(keen, others[2], "1", "buy this")).Is(429, "RATE_LIMITED");
        (await Write(keen, others[0], "2", "please")).Is(201);
        (await Write(others[2], keen, "1", "hello")).Is(201);
        (await Write(keen, others[2], "1", "hello back")).Is(201);
    }
}

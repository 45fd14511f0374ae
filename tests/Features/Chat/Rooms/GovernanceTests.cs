using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Rooms;

/// <summary>Roles, kicks, bans and mutes, with sockets that hear of them.</summary>
public sealed class GovernanceTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    private async Task<(Actor Mira, Actor Davor, Actor Ilir, Actor Tove)> People() =>
        (
            await server.Register("mira"),
            await server.Register("davor"),
            await server.Register("ilir"),
            await server.Register("tove")
        );

    [Fact]
    public async Task Roles_are_given_by_the_owner_and_told_to_all()
    {
        var (mira, davor, ilir, tove) = await People();
        var room = await RoomStage.Open(mira, "Roles", davor, ilir);
        await using var his = await ChatSocket.Open(ilir);
        await his.Subscribe(room);
        (await davor.Put($"/api/v1/chat/rooms/{room}/members/{ilir.Id}", new { Role = "moderator" })).Is(
            403,
            "ROOM_FORBIDDEN"
        );
        await RoomStage.Promote(mira, room, davor);
        var told = await his.Frame("member.updated");
        Assert.Equal(
            (davor.Id, "moderator", false),
            (told.GetProperty("user_id").GetGuid(), told.Text("role"), told.GetProperty("muted").GetBoolean())
        );

        // A moderator edits, and cannot make others moderators, touch the owner or their equals, or say who sees the
        // room.
        (await davor.Put($"/api/v1/chat/rooms/{room}", new { Topic = "By Davor" })).Is(200);
        (await davor.Put($"/api/v1/chat/rooms/{room}", new { Visibility = "private" })).Is(403, "ROOM_FORBIDDEN");
        (await davor.Put($"/api/v1/chat/rooms/{room}/members/{ilir.Id}", new { Role = "moderator" })).Is(
            403,
            "ROOM_FORBIDDEN"
        );
        (await davor.Delete($"/api/v1/chat/rooms/{room}/members/{mira.Id}")).Is(403, "ROOM_FORBIDDEN");
        (await davor.Delete($"/api/v1/chat/rooms/{room}")).Is(403, "ROOM_FORBIDDEN");
        await RoomStage.Promote(mira, room, ilir);
        foreach (var path in new[] { "", "/mute" })
            (await davor.Put($"/api/v1/chat/rooms/{room}/members/{ilir.Id}{path}", new { Role = "member" })).Is(
                403,
                "ROOM_FORBIDDEN"
            );
        (await davor.Put($"/api/v1/chat/rooms/{room}/bans/{ilir.Id}")).Is(403, "ROOM_FORBIDDEN");

        // Everybody may step down.
        await RoomStage.Promote(ilir, room, ilir, "member");
        (await davor.Put($"/api/v1/chat/rooms/{room}/members/{tove.Id}", new { Role = "member" })).Is(
            403,
            "ROOM_FORBIDDEN"
        );
        (await mira.Put($"/api/v1/chat/rooms/{room}/members/{tove.Id}", new { Role = "member" })).Is(
            404,
            "MEMBER_NOT_FOUND"
        );
        Assert.Equal(
            ["role NOT_ALLOWED"],
            (await mira.Put($"/api/v1/chat/rooms/{room}/members/{davor.Id}", new { Role = "king" }))
                .Is(422, "VALIDATION_ERROR")
                .FieldErrors
        );
    }

    [Fact]
    public async Task A_room_is_handed_over_and_its_owner_may_leave_then()
    {
        var (mira, davor, ilir, _) = await People();
        var room = await RoomStage.Open(mira, "Handed over", davor, ilir);
        (await mira.Put($"/api/v1/chat/rooms/{room}/members/{mira.Id}", new { Role = "member" })).Is(
            409,
            "OWNER_MUST_STAY"
        );
        await RoomStage.Promote(mira, room, davor, "owner");
        Assert.Equal(
            davor.Id,
            (await ilir.Get($"/api/v1/chat/rooms/{room}")).Is(200).Data.GetProperty("owner_id").GetGuid()
        );
        Assert.Equal(
            ["moderator", "owner", "member"],
            (await ilir.Get($"/api/v1/chat/rooms/{room}/members"))
                .Is(200)
                .Data.EnumerateArray()
                .Select(m => m.Text("role"))
        );
        (await mira.Put($"/api/v1/chat/rooms/{room}/members/{mira.Id}", new { Role = "owner" })).Is(
            403,
            "ROOM_FORBIDDEN"
        );
        (await mira.Delete($"/api/v1/chat/rooms/{room}/members/me")).Is(200);
        (await davor.Delete($"/api/v1/chat/rooms/{room}/members/me")).Is(409, "OWNER_MUST_STAY");
        Assert.Equal(
            1,
            await server.Database.Scalar<long>(
                "select count(*) from room_member where room_id = $1 and role = 'owner'",
                room
            )
        );
    }

    [Fact]
    public async Task Who_is_kicked_hears_that_and_nothing_after_it_and_may_come_back()
    {
        var (mira, davor, ilir, _) = await People();
        var room = await RoomStage.Open(mira, "Kicked", davor, ilir);
        await using var his = await ChatSocket.Open(davor);
        await using var second = await ChatSocket.Open(davor);
        await using var hers = await ChatSocket.Open(mira);
        foreach (var socket in new[] { his, second, hers })
            await socket.Subscribe(room);
        (await ilir.Delete($"/api/v1/chat/rooms/{room}/members/{davor.Id}")).Is(403, "ROOM_FORBIDDEN");
        (await mira.Delete($"/api/v1/chat/rooms/{room}/members/{davor.Id}")).Is(200);
        foreach (var socket in new[] { his, second, hers })
        {
            var left = await socket.Frame("member.left");
            Assert.Equal((davor.Id, "kicked"), (left.GetProperty("user_id").GetGuid(), left.Text("cause")));
        }

        await hers.Say(room, "1", "is he gone?");
        foreach (var socket in new[] { his, second })
        {
            await socket.Acknowledged("ping");
            Assert.Empty(socket.Seqs(room));
            Assert.Equal(
                "NOT_A_MEMBER",
                (await socket.Ask("message.send", room, ("client_id", "x"), ("content", "here"))).Text("error_code")
            );
        }

        (await mira.Delete($"/api/v1/chat/rooms/{room}/members/{davor.Id}")).Is(404, "MEMBER_NOT_FOUND");
        Assert.Equal(2, (await mira.Get($"/api/v1/chat/rooms/{room}")).Is(200).Data.Number("member_count"));
        await RoomStage.Join(davor, room);
        await his.Subscribe(room, afterSeq: 0);
        await his.Saw(room, 1);
    }

    [Fact]
    public async Task Who_is_banned_cannot_join_be_invited_or_read_until_the_ban_is_over()
    {
        var (mira, davor, ilir, tove) = await People();
        var room = await RoomStage.Open(mira, "Banned", davor);
        await using var his = await ChatSocket.Open(davor);
        await his.Subscribe(room);
        var ban = (await mira.Put($"/api/v1/chat/rooms/{room}/bans/{davor.Id}", new { Reason = "Advertising" }))
            .Is(200)
            .Data;
        Assert.Equal(
            ("Advertising", JsonValueKind.Null, davor.Username),
            (ban.Text("reason"), ban.GetProperty("until").ValueKind, ban.GetProperty("user").Text("username"))
        );
        Assert.Equal("banned", (await his.Frame("member.left")).Text("cause"));

        (await davor.Put($"/api/v1/chat/rooms/{room}/members/me")).Is(403, "BANNED");
        (await davor.Get($"/api/v1/chat/rooms/{room}/messages")).Is(403, "BANNED");
        (await davor.Get($"/api/v1/chat/rooms/{room}")).Is(200);
        (await mira.Post($"/api/v1/chat/rooms/{room}/invites", new { UserId = davor.Id })).Is(409, "USER_BANNED");
        Assert.Equal("NOT_A_MEMBER", (await his.Ask("subscribe", room)).Text("error_code"));
        (await tove.Get($"/api/v1/chat/rooms/{room}/messages")).Is(200);

        // Who is no member can be banned too, and an invitation goes with it.
        (await mira.Post($"/api/v1/chat/rooms/{room}/invites", new { UserId = ilir.Id })).Is(201);
        (await mira.Put($"/api/v1/chat/rooms/{room}/bans/{ilir.Id}", new { Until = DateTime.UtcNow.AddHours(1) })).Is(
            200
        );
        Assert.Empty((await mira.Get($"/api/v1/chat/rooms/{room}/invites")).Is(200).Data.EnumerateArray());
        Assert.Equal(
            [ilir.Id, davor.Id],
            (await mira.Get($"/api/v1/chat/rooms/{room}/bans"))
                .Is(200)
                .Data.EnumerateArray()
                .Select(b => b.GetProperty("user").GetProperty("id").GetGuid())
        );
        (await tove.Get($"/api/v1/chat/rooms/{room}/bans")).Is(403, "ROOM_FORBIDDEN");

        (await davor.Delete($"/api/v1/chat/rooms/{room}/bans/{davor.Id}")).Is(403, "ROOM_FORBIDDEN");
        (await mira.Delete($"/api/v1/chat/rooms/{room}/bans/{davor.Id}")).Is(200);
        (await mira.Delete($"/api/v1/chat/rooms/{room}/bans/{davor.Id}")).Is(404, "BAN_NOT_FOUND");
        await RoomStage.Join(davor, room);

        // A ban with an end ends by itself; upkeep forgets it.
        (await ilir.Put($"/api/v1/chat/rooms/{room}/members/me")).Is(403, "BANNED");
        await server.Database.Execute(
            "update room_ban set until = now() - interval '1 second' where room_id = $1",
            room
        );
        await RoomStage.Join(ilir, room);
        Assert.Empty((await mira.Get($"/api/v1/chat/rooms/{room}/bans")).Is(200).Data.EnumerateArray());
        await RoomStage.KeepHouse(server);
        Assert.Equal(0, await server.Database.Scalar<long>("select count(*) from room_ban where room_id = $1", room));
        Assert.Equal(
            ["until OUT_OF_RANGE"],
            (await mira.Put($"/api/v1/chat/rooms/{room}/bans/{ilir.Id}", new { Until = DateTime.UtcNow.AddHours(-1) }))
                .Is(422, "VALIDATION_ERROR")
                .FieldErrors
        );
        (await mira.Put($"/api/v1/chat/rooms/{room}/bans/{Guid.CreateVersion7()}")).Is(404, "USER_NOT_FOUND");
    }

    [Fact]
    public async Task Who_is_muted_hears_and_does_not_speak_and_leaving_does_not_help()
    {
        var (mira, davor, _, _) = await People();
        var room = await RoomStage.Open(mira, "Muted", davor);
        await using var his = await ChatSocket.Open(davor);
        await his.Subscribe(room);
        var muted = (await mira.Put($"/api/v1/chat/rooms/{room}/members/{davor.Id}/mute")).Is(200).Data;
        Assert.Equal(
            (true, JsonValueKind.Null),
            (muted.GetProperty("muted").GetBoolean(), muted.GetProperty("muted_until").ValueKind)
        );
        Assert.True((await his.Frame("member.updated")).GetProperty("muted").GetBoolean());
        (await RoomStage.Post(davor, room, "1")).Is(403, "MUTED");
        Assert.Equal(
            "MUTED",
            (await his.Ask("message.send", room, ("client_id", "1"), ("content", "hear me"))).Text("error_code")
        );
        (await RoomStage.Post(mira, room, "m1")).Is(201);
        await his.Saw(room, 1);

        (await davor.Delete($"/api/v1/chat/rooms/{room}/members/me")).Is(200);
        await RoomStage.Join(davor, room);
        (await RoomStage.Post(davor, room, "1")).Is(403, "MUTED");

        // Until a time: the answer says for how long, and it ends by itself.
        (
            await mira.Put(
                $"/api/v1/chat/rooms/{room}/members/{davor.Id}/mute",
                new { Until = DateTime.UtcNow.AddMinutes(10) }
            )
        ).Is(200);
        Assert.InRange(
            int.Parse((await RoomStage.Post(davor, room, "1")).Is(403, "MUTED").Header("Retry-After")!),
            590,
            600
        );
        await server.Database.Execute("update room_mute set until = now() where room_id = $1", room);
        (await RoomStage.Post(davor, room, "1")).Is(201);
        Each.Of(
            (await mira.Get($"/api/v1/chat/rooms/{room}/members")).Is(200).Data.EnumerateArray(),
            m => Assert.False(m.GetProperty("muted").GetBoolean())
        );

        (await mira.Put($"/api/v1/chat/rooms/{room}/members/{davor.Id}/mute")).Is(200);
        (await mira.Delete($"/api/v1/chat/rooms/{room}/members/{davor.Id}/mute")).Is(200);
        (await RoomStage.Post(davor, room, "2")).Is(201);
        (await davor.Put($"/api/v1/chat/rooms/{room}/members/{mira.Id}/mute")).Is(403, "ROOM_FORBIDDEN");
    }

    [Fact]
    public async Task Who_moderates_the_site_stands_above_the_owner_in_rooms_they_are_not_in()
    {
        var (mira, davor, _, _) = await People();
        var office = await RoomStage.WithOffice(await Actor.Register(server, "sunniva"));
        var room = await RoomStage.Open(mira, "Overseen", "private");
        (await mira.Post($"/api/v1/chat/rooms/{room}/invites", new { UserId = davor.Id })).Is(201);
        await RoomStage.Join(davor, room);
        (await office.Get($"/api/v1/chat/rooms/{room}")).Is(404, "ROOM_NOT_FOUND");
        (await office.Put($"/api/v1/chat/rooms/{room}/members/me")).Is(404, "ROOM_NOT_FOUND");
        (await office.Put($"/api/v1/chat/rooms/{room}/members/{mira.Id}/mute")).Is(200);
        (await RoomStage.Post(mira, room, "1")).Is(403, "MUTED");
        (await office.Put($"/api/v1/chat/rooms/{room}/bans/{mira.Id}")).Is(409, "OWNER_MUST_STAY");
        await RoomStage.Promote(office, room, davor, "owner");
        (await office.Put($"/api/v1/chat/rooms/{room}/bans/{mira.Id}", new { Reason = "Threats" })).Is(200);
        (await mira.Get($"/api/v1/chat/rooms/{room}")).Is(404, "ROOM_NOT_FOUND");

        // Nor does an owner put them out.
        var open = await RoomStage.Open(davor, "Visited", office);
        (await davor.Delete($"/api/v1/chat/rooms/{open}/members/{office.Id}")).Is(403, "ROOM_FORBIDDEN");
        (await office.Delete($"/api/v1/chat/rooms/{room}")).Is(200);
        (await davor.Get($"/api/v1/chat/rooms/{room}")).Is(404, "ROOM_NOT_FOUND");
    }

    [Fact]
    public async Task No_ban_comes_between_a_look_and_a_join()
    {
        var (mira, davor, _, _) = await People();
        var room = await RoomStage.Open(mira, "Raced", davor);
        for (var round = 0; round < 10; round++)
        {
            var tries = await Task.WhenAll(
                mira.Put($"/api/v1/chat/rooms/{room}/bans/{davor.Id}"),
                davor.Put($"/api/v1/chat/rooms/{room}/members/me"),
                davor.Put($"/api/v1/chat/rooms/{room}/members/me")
            );
            tries[0].Is(200);
            Assert.Equal(
                0,
                await server.Database.Scalar<long>(
                    "select count(*) from room_member where room_id = $1 and account_id = $2",
                    room,
                    davor.Id
                )
            );
            (await mira.Delete($"/api/v1/chat/rooms/{room}/bans/{davor.Id}")).Is(200);
            await RoomStage.Join(davor, room);
        }

        Assert.Equal(2, await server.Database.Scalar<int>("select member_count from room where id = $1", room));
    }
}

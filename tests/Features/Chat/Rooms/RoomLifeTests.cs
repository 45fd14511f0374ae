using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Rooms;

/// <summary>Rooms that are edited, go, or lose their owner.</summary>
public sealed class RoomLifeTests(VezaServer server) : IClassFixture<VezaServer>
{
    private async Task<(Actor Mira, Actor Davor)> People() =>
        (await server.Register("mira"), await server.Register("davor"));

    [Fact]
    public async Task An_edit_keeps_what_is_left_out_and_is_told_to_all()
    {
        var (mira, davor) = await People();
        var room = (await mira.Post("/api/v1/chat/rooms", new { Name = "Before", Topic = "The topic" }))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();
        await RoomStage.Join(davor, room);
        await using var his = await ChatSocket.Open(davor);
        await his.Subscribe(room);
        var edited = (await mira.Put($"/api/v1/chat/rooms/{room}", new { Name = " After ", SlowModeS = 30 }))
            .Is(200)
            .Data;
        Assert.Equal(
            ("After", "The topic", "public", 30, "owner"),
            (
                edited.Text("name"),
                edited.Text("topic"),
                edited.Text("visibility"),
                edited.Number("slow_mode_s"),
                edited.Text("role")
            )
        );
        var told = (await his.Frame("room.updated")).GetProperty("room");
        Assert.Equal(
            (room, "After", 30),
            (told.GetProperty("id").GetGuid(), told.Text("name"), told.Number("slow_mode_s"))
        );

        (await mira.Put($"/api/v1/chat/rooms/{room}", new { Visibility = "private", Topic = "" })).Is(200);
        (await davor.Get($"/api/v1/chat/rooms/{room}/messages")).Is(200);
        (await (await server.Register("tove")).Get($"/api/v1/chat/rooms/{room}/messages")).Is(404, "ROOM_NOT_FOUND");
        (await davor.Put($"/api/v1/chat/rooms/{room}", new { Topic = "Mine" })).Is(403, "ROOM_FORBIDDEN");
        Assert.Equal(["name REQUIRED", "visibility NOT_ALLOWED", "slow_mode_s OUT_OF_RANGE"], (
                await mira.Put(
                    $"/api/v1/chat/rooms/{room}",
                    new
                    {
                        Name = " ",
                        Visibility = "direct",
                        SlowModeS = 21_601,
                    }
                )
            ).Is(422, "VALIDATION_ERROR").FieldErrors);
    }

    [Fact]
    public async Task Two_who_edit_at_once_do_not_undo_each_other()
    {
        var (mira, davor) = await People();
        var room = await RoomStage.Open(mira, "Two editors", davor);
        await RoomStage.Promote(mira, room, davor);
        var read = (await mira.Get($"/api/v1/chat/rooms/{room}")).Is(200).Header("ETag")!;
        (await mira.Get($"/api/v1/chat/rooms/{room}", ("If-None-Match", read))).Is(304);
        (await RoomStage.Post(davor, room, "1")).Is(201);
        (await mira.Get($"/api/v1/chat/rooms/{room}", ("If-None-Match", read))).Is(200);
        var edited = (await Edit(davor, "By Davor", read)).Is(200).Header("ETag")!;
        (await Edit(mira, "By Mira", read)).Is(412, "PRECONDITION_FAILED");
        (await Edit(mira, "By Mira", edited)).Is(200);

        Task<Reply> Edit(Actor by, string topic, string tag) =>
            by.Send(
                HttpMethod.Put,
                $"/api/v1/chat/rooms/{room}",
                new StringContent($"{{\"topic\":\"{topic}\"}}", System.Text.Encoding.UTF8, "application/json"),
                ("If-Match", tag)
            );
    }

    [Fact]
    public async Task A_public_name_is_taken_once_however_many_want_it_and_no_statement_fails_by_it()
    {
        var (mira, davor) = await People();
        var other = await RoomStage.Open(davor, "Another name");
        var secret = await RoomStage.Open(davor, "wanted NAME", "private");
        var tries = await Task.WhenAll(
            Enumerable
                .Range(0, 12)
                .Select(i =>
                    (i % 3) switch
                    {
                        0 => mira.Post("/api/v1/chat/rooms", new { Name = "Wanted name" }),
                        1 => davor.Put($"/api/v1/chat/rooms/{other}", new { Name = "Wanted Name" }),
                        _ => davor.Put($"/api/v1/chat/rooms/{secret}", new { Visibility = "public" }),
                    }
                )
        );
        Assert.Equal(
            1,
            await server.Database.Scalar<long>(
                "select count(*) from room where lower(name) = 'wanted name' and visibility = 'public'"
            )
        );
        Each.Of(tries.Where(t => t.Status is not (200 or 201)), t => t.Is(409, "ROOM_NAME_TAKEN"));
        Assert.Contains(tries, t => t.Status is 200 or 201);
        Assert.Contains(tries, t => t.Status == 409);
        Assert.DoesNotContain("room_public_name_key", server.Log, StringComparison.Ordinal);

        // Its own name in another spelling is no other room's.
        (
            await davor.Put(
                $"/api/v1/chat/rooms/{(await RoomStage.Open(davor, "Own spelling"))}",
                new { Name = "OWN Spelling" }
            )
        ).Is(200);
    }

    [Fact]
    public async Task A_deleted_room_is_gone_at_once_and_its_messages_in_batches()
    {
        var (mira, davor) = await People();
        var room = await RoomStage.Open(mira, "Doomed", davor);
        await server.Database.Execute(
            """
            insert into message (id, room_id, seq, client_id, author_id, content)
            select overlay(gen_random_uuid()::text placing left(uuid_at(now() - make_interval(days => n % 90))::text, 13) from 1 for 13)::uuid, $1, n, n::text, $2, 'old' from generate_series(1, 2500) n
            """,
            room,
            davor.Id
        );
        await server.Database.Execute("update room set last_seq = 2500 where id = $1", room);
        await using var his = await ChatSocket.Open(davor);
        await using var hers = await ChatSocket.Open(mira);
        await his.Subscribe(room);
        await hers.Subscribe(room);
        (await davor.Delete($"/api/v1/chat/rooms/{room}")).Is(403, "ROOM_FORBIDDEN");
        (await mira.Delete($"/api/v1/chat/rooms/{room}")).Is(200);
        foreach (var socket in new[] { his, hers })
            Assert.Equal(room, (await socket.Frame("room.deleted")).GetProperty("room_id").GetGuid());
        foreach (var path in new[] { "", "/messages", "/members" })
            (await davor.Get($"/api/v1/chat/rooms/{room}{path}")).Is(404, "ROOM_NOT_FOUND");
        Assert.Equal(
            "ROOM_NOT_FOUND",
            (await his.Ask("message.send", room, ("client_id", "1"), ("content", "still?"))).Text("error_code")
        );
        Assert.Equal("ROOM_NOT_FOUND", (await his.Ask("subscribe", room)).Text("error_code"));
        (await mira.Delete($"/api/v1/chat/rooms/{room}")).Is(404, "ROOM_NOT_FOUND");
        Assert.Single(his.Of("room.deleted"));

        Assert.Equal(2500, await server.Database.Scalar<long>("select count(*) from message where room_id = $1", room));
        await RoomStage.KeepHouse(server);
        Assert.Equal(0, await server.Database.Scalar<long>("select count(*) from message where room_id = $1", room));
        Assert.Equal(0, await server.Database.Scalar<long>("select count(*) from room_gone where room_id = $1", room));

        // The name is free.
        await RoomStage.Open(davor, "Doomed");
    }

    [Fact]
    public async Task A_room_outlives_its_owners_account()
    {
        var (mira, davor) = await People();
        var leaver = await Actor.Register(server, "ragna");
        var room = await RoomStage.Open(leaver, "Inherited", davor, mira);
        await RoomStage.Promote(leaver, room, mira);
        var empty = await RoomStage.Open(leaver, "Nobody's");
        var visited = await RoomStage.Open(davor, "Visited", leaver, mira);
        await server.Database.Execute("delete from account where id = $1", leaver.Id);
        await RoomStage.KeepHouse(server);
        var inherited = (await davor.Get($"/api/v1/chat/rooms/{room}")).Is(200).Data;
        Assert.Equal((mira.Id, 2), (inherited.GetProperty("owner_id").GetGuid(), inherited.Number("member_count")));
        Assert.Equal("owner", (await mira.Get($"/api/v1/chat/rooms/{room}")).Is(200).Data.Text("role"));
        (await mira.Get($"/api/v1/chat/rooms/{empty}")).Is(404, "ROOM_NOT_FOUND");
        Assert.Equal(2, (await mira.Get($"/api/v1/chat/rooms/{visited}")).Is(200).Data.Number("member_count"));
    }

    [Fact]
    public async Task Limits_of_rooms_have_names()
    {
        await using var strict = await VezaServer.Start(server.Premises, ("VEZA__LIMITS__ROOM__PER_SUBJECT", "2"));
        var keen = await Actor.Register(strict, "keen");
        for (var i = 0; i < 2; i++)
            await RoomStage.Open(keen, $"Keen {keen.Id} {i}");
        (await keen.Post("/api/v1/chat/rooms", new { Name = $"Keen {keen.Id}" })).Is(429, "RATE_LIMITED");

        var (mira, davor) = await People();
        var collector = await Actor.Register(server, "collector");
        await server.Database.Execute(
            """
            insert into room (id, name, visibility, owner_id) select gen_random_uuid(), 'c', 'private', $1
              from generate_series(1, 100)
            """,
            collector.Id
        );
        (await collector.Post("/api/v1/chat/rooms", new { Name = "One more" })).Is(409, "TOO_MANY_ROOMS");
        var room = await RoomStage.Open(mira, "Full", davor);
        await RoomStage.Join(collector, room);
        (await mira.Put($"/api/v1/chat/rooms/{room}/members/{collector.Id}", new { Role = "owner" })).Is(
            409,
            "TOO_MANY_ROOMS"
        );

        // Of these she is in all, and in one conversation, which does not count.
        await server.Database.Execute(
            "insert into room_member (room_id, account_id) select id, $1 from room where owner_id = $1",
            collector.Id
        );
        await server.Database.Execute(
            """
            with opened as (insert into room (id, name, visibility) select gen_random_uuid(), 'd', 'private'
              from generate_series(1, 898) returning id)
            insert into room_member (room_id, account_id) select id, $1 from opened
            """,
            collector.Id
        );
        (await collector.Post($"/api/v1/chat/dm/{mira.Id}", new { ClientId = "1", Content = "hello" })).Is(201);
        await RoomStage.Join(collector, await RoomStage.Open(mira, "Thousandth"));
        (await collector.Put($"/api/v1/chat/rooms/{await RoomStage.Open(mira, "One too many")}/members/me")).Is(
            409,
            "TOO_MANY_ROOMS"
        );

        var latecomer = await Actor.Register(server, "latecomer");
        await server.Database.Execute("update room set member_count = 20000 where id = $1", room);
        (await latecomer.Put($"/api/v1/chat/rooms/{room}/members/me")).Is(409, "ROOM_FULL");
        (await davor.Put($"/api/v1/chat/rooms/{room}/members/me")).Is(200);

        await server.Database.Execute(
            """
            with crowd as (
              insert into account (id, username, email, display_name)
              select gen_random_uuid(), 'crowd' || n, 'crowd' || n || '@example.org', 'Crowd'
                from generate_series(1, 5000) n returning id
            ), invited as (
              insert into room_invite (room_id, account_id, invited_by) select $1, id, $2 from crowd limit 500
            ), muted as (
              insert into room_mute (room_id, account_id, muted_by) select $1, id, $2 from crowd limit 1000
            )
            insert into room_ban (room_id, account_id, banned_by) select $1, id, $2 from crowd
            """,
            room,
            mira.Id
        );
        (await mira.Post($"/api/v1/chat/rooms/{room}/invites", new { UserId = latecomer.Id })).Is(
            409,
            "TOO_MANY_INVITES"
        );
        (await mira.Put($"/api/v1/chat/rooms/{room}/members/{davor.Id}/mute")).Is(409, "TOO_MANY_MUTES");
        (await mira.Put($"/api/v1/chat/rooms/{room}/bans/{davor.Id}")).Is(409, "TOO_MANY_BANS");
        (await RoomStage.Post(davor, room, "1")).Is(201);
    }
}

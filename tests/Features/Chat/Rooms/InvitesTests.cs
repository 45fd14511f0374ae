using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Rooms;

/// <summary>Invitations: given, listed, withdrawn, declined, spent.</summary>
public sealed class InvitesTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    private static async Task<Guid[]> Own(Actor person) =>
        [
            .. (await person.Get("/api/v1/chat/invites"))
                .Is(200)
                .Data.EnumerateArray()
                .Select(i => i.GetProperty("room").GetProperty("id").GetGuid()),
        ];

    [Fact]
    public async Task An_invitation_is_listed_on_both_sides_and_can_be_withdrawn_and_declined()
    {
        var (mira, davor, tove) = (
            await server.Register("mira"),
            await server.Register("davor"),
            await server.Register("tove")
        );
        var (one, two) = (await RoomStage.Open(mira, "One", "private"), await RoomStage.Open(mira, "Two", "private"));
        foreach (var room in new[] { one, two })
            (await mira.Post($"/api/v1/chat/rooms/{room}/invites", new { UserId = davor.Id })).Is(201);
        (await mira.Post($"/api/v1/chat/rooms/{one}/invites", new { UserId = tove.Id })).Is(201);
        Assert.Equal([two, one], await Own(davor));
        var mine = (await davor.Get("/api/v1/chat/invites?limit=1")).Is(200);
        Assert.Equal(
            ("Two", mira.Username),
            (mine.Data[0].GetProperty("room").Text("name"), mine.Data[0].GetProperty("invited_by").Text("username"))
        );
        var next = (
            await davor.Get($"/api/v1/chat/invites?limit=1&cursor={mine.Json.GetProperty("meta").Text("next_cursor")}")
        ).Is(200);
        Assert.Equal("One", next.Data[0].GetProperty("room").Text("name"));

        var given = (await mira.Get($"/api/v1/chat/rooms/{one}/invites")).Is(200).Data;
        Assert.Equal(
            [tove.Id, davor.Id],
            given.EnumerateArray().Select(i => i.GetProperty("user").GetProperty("id").GetGuid())
        );
        (await davor.Get($"/api/v1/chat/rooms/{one}/invites")).Is(403, "ROOM_FORBIDDEN");

        (await mira.Delete($"/api/v1/chat/rooms/{one}/invites/{davor.Id}")).Is(200);
        (await mira.Delete($"/api/v1/chat/rooms/{one}/invites/{davor.Id}")).Is(404, "INVITE_NOT_FOUND");
        (await davor.Get($"/api/v1/chat/rooms/{one}")).Is(404, "ROOM_NOT_FOUND");
        (await davor.Delete($"/api/v1/chat/rooms/{two}/invites/me")).Is(200);
        (await davor.Delete($"/api/v1/chat/rooms/{two}/invites/me")).Is(404, "INVITE_NOT_FOUND");
        (await davor.Put($"/api/v1/chat/rooms/{two}/members/me")).Is(404, "ROOM_NOT_FOUND");
        Assert.Empty(await Own(davor));

        await RoomStage.Join(tove, one);
        Assert.Empty((await mira.Get($"/api/v1/chat/rooms/{one}/invites")).Is(200).Data.EnumerateArray());
        (await tove.Delete($"/api/v1/chat/rooms/{one}/invites/{davor.Id}")).Is(403, "ROOM_FORBIDDEN");
    }

    [Fact]
    public async Task Across_a_block_an_invitation_looks_given_and_is_not_seen()
    {
        var (mira, davor, ilir) = (
            await server.Register("mira"),
            await Actor.Register(server, "blocker"),
            await server.Register("ilir")
        );
        var room = await RoomStage.Open(mira, "Across a block", "private");
        await RoomStage.Block(davor, mira);
        (await mira.Post($"/api/v1/chat/rooms/{room}/invites", new { UserId = davor.Id })).Is(201);
        Assert.Empty(await Own(davor));

        // Another moderator's invitation is seen, and so is the first when the block ends.
        (await mira.Post($"/api/v1/chat/rooms/{room}/invites", new { UserId = ilir.Id })).Is(201);
        await RoomStage.Join(ilir, room);
        await RoomStage.Promote(mira, room, ilir);
        (await ilir.Post($"/api/v1/chat/rooms/{room}/invites", new { UserId = davor.Id })).Is(201);
        Assert.Equal([room], await Own(davor));
        (await mira.Post($"/api/v1/chat/rooms/{room}/invites", new { UserId = davor.Id })).Is(201);
        Assert.Empty(await Own(davor));
        await RoomStage.Unblock(davor, mira);
        Assert.Equal([room], await Own(davor));
    }
}

using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Rooms;

/// <summary>Rooms and who is in them.</summary>
public sealed class RoomsTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    private static async Task<Guid> Open(Actor owner, string name, string visibility = "public") =>
        (await owner.Post("/api/v1/chat/rooms", new { Name = name, Visibility = visibility }))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();

    [Fact]
    public async Task Whoever_opens_a_room_owns_it_and_others_join_and_leave()
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var room = await Open(mira, "Joining");
        Assert.Contains(
            "Joining",
            (await davor.Get("/api/v1/chat/rooms")).Is(200).Data.EnumerateArray().Select(r => r.Text("name"))
        );

        var joined = (await davor.Put($"/api/v1/chat/rooms/{room}/members/me")).Is(200).Data;
        Assert.Equal(("member", 2), (joined.Text("role"), joined.Number("member_count")));
        Assert.Equal(2, (await davor.Put($"/api/v1/chat/rooms/{room}/members/me")).Is(200).Data.Number("member_count"));
        var members = (await mira.Get($"/api/v1/chat/rooms/{room}/members")).Is(200);
        Assert.Equal(["owner", "member"], members.Data.EnumerateArray().Select(m => m.Text("role")));
        Assert.Equal(2, members.Json.GetProperty("meta").Number("total"));

        (await davor.Delete($"/api/v1/chat/rooms/{room}/members/me")).Is(200);
        (await davor.Post($"/api/v1/chat/rooms/{room}/messages", new { ClientId = "1", Content = "still here?" })).Is(
            403,
            "NOT_A_MEMBER"
        );
        (await mira.Delete($"/api/v1/chat/rooms/{room}/members/me")).Is(409, "OWNER_MUST_STAY");
        Assert.Equal(1, (await mira.Get($"/api/v1/chat/rooms/{room}")).Is(200).Data.Number("member_count"));
    }

    [Fact]
    public async Task A_private_room_does_not_exist_for_who_was_not_invited()
    {
        var (mira, davor, ilir) = (
            await server.Register("mira"),
            await server.Register("davor"),
            await server.Register("ilir")
        );
        var room = await Open(mira, "Rehearsal", "private");
        foreach (var path in new[] { "", "/members", "/messages" })
            (await davor.Get($"/api/v1/chat/rooms/{room}{path}")).Is(404, "ROOM_NOT_FOUND");
        (await davor.Put($"/api/v1/chat/rooms/{room}/members/me")).Is(404, "ROOM_NOT_FOUND");
        (await davor.Post($"/api/v1/chat/rooms/{room}/messages", new { ClientId = "1", Content = "hello" })).Is(
            404,
            "ROOM_NOT_FOUND"
        );
        (await davor.Post($"/api/v1/chat/rooms/{room}/invites", new { UserId = ilir.Id })).Is(404, "ROOM_NOT_FOUND");
        await Open(mira, $"Open rehearsal {room}", "public");
        Each.IsNot(
            "Rehearsal",
            (await davor.Get("/api/v1/chat/rooms")).Is(200).Data.EnumerateArray().Select(r => r.Text("name"))
        );

        (await mira.Post($"/api/v1/chat/rooms/{room}/invites", new { UserId = davor.Id })).Is(201);
        (await davor.Get($"/api/v1/chat/rooms/{room}/messages")).Is(404, "ROOM_NOT_FOUND");
        (await davor.Put($"/api/v1/chat/rooms/{room}/members/me")).Is(200);
        (await davor.Post($"/api/v1/chat/rooms/{room}/invites", new { UserId = ilir.Id })).Is(403, "ROOM_FORBIDDEN");
        (await davor.Get($"/api/v1/chat/rooms/{room}/messages")).Is(200);
        (await mira.Post($"/api/v1/chat/rooms/{room}/invites", new { UserId = Guid.CreateVersion7() })).Is(
            404,
            "USER_NOT_FOUND"
        );

        // An invitation lets in once.
        (await davor.Delete($"/api/v1/chat/rooms/{room}/members/me")).Is(200);
        (await davor.Put($"/api/v1/chat/rooms/{room}/members/me")).Is(404, "ROOM_NOT_FOUND");
    }

    [Fact]
    public async Task A_rooms_name_is_checked_and_taken_once()
    {
        var mira = await server.Register("mira");
        await Open(mira, "Taken Name");
        (await mira.Post("/api/v1/chat/rooms", new { Name = "taken name" })).Is(409, "ROOM_NAME_TAKEN");
        await Open(mira, "Taken Name", "private");
        Assert.Equal(
            ["name REQUIRED"],
            (await mira.Post("/api/v1/chat/rooms", new { Name = " " })).Is(422, "VALIDATION_ERROR").FieldErrors
        );
        Assert.Equal(
            ["name TOO_LONG", "visibility NOT_ALLOWED"],
            (await mira.Post("/api/v1/chat/rooms", new { Name = new string('n', 81), Visibility = "secret" }))
                .Is(422, "VALIDATION_ERROR")
                .FieldErrors
        );
        (await mira.Get($"/api/v1/chat/rooms/{Guid.CreateVersion7()}")).Is(404, "ROOM_NOT_FOUND");
    }

    [Fact]
    public async Task My_rooms_are_those_I_am_in()
    {
        var (mira, sunniva) = (await server.Register("mira"), await server.Register("sunniva"));
        await Open(mira, "Not Sunniva's");
        var own = await Open(sunniva, "Hers", "private");
        var mine = (await sunniva.Get("/api/v1/chat/rooms?mine=true")).Is(200);
        Assert.Equal([own], mine.Data.EnumerateArray().Select(r => r.GetProperty("id").GetGuid()));
        Assert.Equal(1, mine.Json.GetProperty("meta").Number("total"));
        Assert.Equal(JsonValueKind.Number, mine.Json.GetProperty("meta").GetProperty("page").ValueKind);
    }
}

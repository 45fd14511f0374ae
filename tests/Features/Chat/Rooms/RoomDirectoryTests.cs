using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Rooms;

/// <summary>Finding public rooms.</summary>
public sealed class RoomDirectoryTests(VezaServer server) : IClassFixture<VezaServer>
{
    private static async Task<string[]> Names(Actor person, string query) =>
        [
            .. (await person.Get($"/api/v1/chat/rooms?{query}"))
                .Is(200)
                .Data.EnumerateArray()
                .Select(r => r.Text("name")),
        ];

    [Fact]
    public async Task Words_of_name_and_topic_are_found_without_regard_to_case_and_accents()
    {
        var mira = await server.Register("mira");
        (await mira.Post("/api/v1/chat/rooms", new { Name = "Ćejf Lounge", Topic = "Downtempo & late nights" })).Is(
            201
        );
        await RoomStage.Open(mira, "Drum'n'Bass lounge");
        await RoomStage.Open(mira, "Čejf, private", "private");
        Assert.Equal(["Ćejf Lounge"], await Names(mira, "q=cejf"));
        Assert.Equal(["Ćejf Lounge"], await Names(mira, "q=LATE%20down"));
        Assert.Equal(["Drum'n'Bass lounge", "Ćejf Lounge"], await Names(mira, "q=loun"));
        Assert.Equal(["Ćejf Lounge", "Drum'n'Bass lounge"], await Names(mira, "q=lounge&order=asc"));
        foreach (var nothing in new[] { "q=lounge%20polka", "q=%21%21%21", "q=%27%20%7C%20%5C%3A*%20%26", "q=private" })
            Assert.Empty(await Names(mira, nothing));
        Assert.Equal(
            2,
            (await mira.Get("/api/v1/chat/rooms?q=lounge&per_page=1")).Is(200).Json.GetProperty("meta").Number("total")
        );

        // It follows the room.
        var polka = await RoomStage.Open(mira, "Polka");
        (await mira.Put($"/api/v1/chat/rooms/{polka}", new { Name = "Mazurka", Topic = "Dances" })).Is(200);
        Assert.Empty(await Names(mira, "q=polka"));
        Assert.Equal(["Mazurka"], await Names(mira, "q=dances"));
        (await mira.Put($"/api/v1/chat/rooms/{polka}", new { Visibility = "private" })).Is(200);
        Assert.Empty(await Names(mira, "q=mazurka"));
        (await mira.Put($"/api/v1/chat/rooms/{polka}", new { Visibility = "public" })).Is(200);
        Assert.Equal(["Mazurka"], await Names(mira, "q=mazurka"));
        (await mira.Delete($"/api/v1/chat/rooms/{polka}")).Is(200);
        Assert.Empty(await Names(mira, "q=mazurka"));
        Assert.Equal(
            ["q TOO_LONG"],
            (await mira.Get($"/api/v1/chat/rooms?q={new string('q', 201)}")).Is(422, "VALIDATION_ERROR").FieldErrors
        );
    }

    [Fact]
    public async Task Rooms_stand_by_age_by_members_and_by_activity()
    {
        await using var other = await VezaServer.Start();
        var (mira, davor) = (await other.Register("mira"), await other.Register("davor"));
        var (first, second, third) = (
            await RoomStage.Open(mira, "First"),
            await RoomStage.Open(mira, "Second"),
            await RoomStage.Open(mira, "Third")
        );
        await RoomStage.Join(davor, second);
        (await RoomStage.Post(mira, first, "1")).Is(201);
        await RoomStage.KeepHouse(other);
        Assert.Equal(["Third", "Second", "First"], await Names(davor, ""));
        Assert.Equal(["First", "Second", "Third"], await Names(davor, "sort_by=created_at&order=asc"));
        Assert.Equal("Second", (await Names(davor, "sort_by=member_count"))[0]);
        Assert.Equal("First", (await Names(davor, "sort_by=active_at"))[0]);
        (await davor.Delete($"/api/v1/chat/rooms/{second}/members/me")).Is(200);
        await RoomStage.Join(davor, third);
        Assert.Equal("Third", (await Names(davor, "sort_by=member_count"))[0]);
        Assert.Equal(["Second"], await Names(davor, "per_page=1&page=2"));
        Assert.Equal("member", (await davor.Get("/api/v1/chat/rooms?per_page=1")).Is(200).Data[0].Text("role"));
        Assert.Equal(
            ["sort_by NOT_ALLOWED"],
            (await davor.Get("/api/v1/chat/rooms?sort_by=name")).Is(422, "VALIDATION_ERROR").FieldErrors
        );
        Assert.Equal(
            ["order NOT_ALLOWED"],
            (await davor.Get("/api/v1/chat/rooms?order=up")).Is(422, "VALIDATION_ERROR").FieldErrors
        );
    }
}

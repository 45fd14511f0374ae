using System.Text.Json;
using Veza.Tests.Features.Chat.Messages;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Rooms;

/// <summary>
/// What an office of the site does not open: private rooms and conversations that its holder is not in.
/// </summary>
public sealed class OfficeTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;
    private static readonly JsonSerializerOptions Wire = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    private Task<Actor> Somebody(string name) => Actor.Register(server, name);

    private async Task<Actor> Officer() => await RoomStage.WithOffice(await Somebody("sunniva"));

    /// <summary>A message that says something in a room in which there is something of everything.</summary>
    private static async Task<(Guid Message, Guid File)> Furnish(Talk talk)
    {
        var (mira, davor) = (talk.Owner, talk.Guests[0]);
        var file = await AttachmentsTests.Bring(mira, talk.Room, "take.txt", "one two"u8.ToArray());
        var first = await talk.Say(mira, "a secret beginning");
        var message = await talk.Say(mira, "a secret", first, file);
        (await Talk.Edit(mira, message, "a secret, mended")).Is(200);
        (await davor.Put(Talk.Reactions(message, "👍"))).Is(200);
        return (message, file);
    }

    private static async Task<string> Of(Actor reader, Guid message)
    {
        var shown = await Talk.Show(reader, message);
        return $"{shown.Text("content")} {shown.GetProperty("deleted_at").ValueKind} {shown.GetProperty("reactions").GetArrayLength()} {shown.GetProperty("attachments").GetArrayLength()} {shown.GetProperty("reply").Text("excerpt")}";
    }

    /// <summary>Everything that reads of a room or a message, or changes it, and lets nobody in by it.</summary>
    private static (HttpMethod Method, string Path, object? Body)[] Reaches(
        Guid room,
        Guid message,
        Guid file,
        Actor davor,
        Actor office
    ) =>
        [
            (HttpMethod.Get, $"rooms/{room}", null),
            (HttpMethod.Put, $"rooms/{room}", new { Topic = "Seen" }),
            (HttpMethod.Put, $"rooms/{room}", new { Visibility = "public" }),
            (HttpMethod.Put, $"rooms/{room}/members/me", null),
            (HttpMethod.Get, $"rooms/{room}/members", null),
            (HttpMethod.Get, $"rooms/{room}/bans", null),
            (HttpMethod.Get, $"rooms/{room}/invites", null),
            (HttpMethod.Post, $"rooms/{room}/invites", new { UserId = office.Id }),
            (HttpMethod.Post, $"rooms/{room}/invites", new { UserId = davor.Id }),
            (HttpMethod.Delete, $"rooms/{room}/invites/{davor.Id}", null),
            (HttpMethod.Get, $"rooms/{room}/pins", null),
            (HttpMethod.Get, $"rooms/{room}/messages", null),
            (HttpMethod.Get, $"rooms/{room}/messages/search?q=secret", null),
            (HttpMethod.Post, $"rooms/{room}/messages", new { ClientId = "o", Content = "hello" }),
            (HttpMethod.Put, $"rooms/{room}/read", new { Seq = 1 }),
            (HttpMethod.Get, $"messages/{message}", null),
            (HttpMethod.Put, $"messages/{message}", new { Content = "mine" }),
            (HttpMethod.Delete, $"messages/{message}", null),
            (HttpMethod.Get, $"messages/{message}/revisions", null),
            (HttpMethod.Put, $"messages/{message}/pin", null),
            (HttpMethod.Delete, $"messages/{message}/pin", null),
            (HttpMethod.Get, $"messages/{message}/reactions/%F0%9F%91%8D", null),
            (HttpMethod.Put, $"messages/{message}/reactions/%F0%9F%91%8D", null),
            (HttpMethod.Delete, $"messages/{message}/reactions/%F0%9F%91%8D", null),
            (HttpMethod.Get, $"attachments/{file}", null),
        ];

    private static async Task NothingIsReached(Actor office, Guid room, Guid message, Guid file, Actor davor)
    {
        foreach (var (method, path, body) in Reaches(room, message, file, davor, office))
        {
            var content = body is null
                ? null
                : new StringContent(
                    JsonSerializer.Serialize(body, Wire),
                    System.Text.Encoding.UTF8,
                    "application/json"
                );
            var reply = await office.Send(method, "/api/v1/chat/" + path, content);
            Assert.True(reply.Status == 404, $"{method} {path} is {reply.Status}: {reply.Text}");
            Assert.DoesNotContain("secret", reply.Text, StringComparison.OrdinalIgnoreCase);
        }

        await using var socket = await ChatSocket.Open(office);
        Assert.Equal("ROOM_NOT_FOUND", (await socket.Ask("subscribe", room)).Text("error_code"));
        Assert.Equal(
            "MESSAGE_NOT_FOUND",
            (await socket.Ask("message.delete", room, ("message_id", message))).Text("error_code")
        );
        Assert.Equal(
            "MESSAGE_NOT_FOUND",
            (await socket.Ask("message.edit", room, ("message_id", message), ("content", "mine"))).Text("error_code")
        );
    }

    [Fact]
    public async Task Who_moderates_the_site_reaches_nothing_in_a_private_room_that_they_are_not_in()
    {
        var (talk, office) = (await Talk.Begin(server, "private", "mira", "davor"), await Officer());
        var (message, file) = await Furnish(talk);
        (await talk.Owner.Put(Talk.Path(message, "/pin"))).Is(200);
        await NothingIsReached(office, talk.Room, message, file, talk.Guests[0]);
        Assert.Equal("a secret, mended Null 1 1 a secret beginning", await Of(talk.Guests[0], message));

        // To put an end to what is done there they need see nothing.
        (await office.Put($"/api/v1/chat/rooms/{talk.Room}/members/{talk.Guests[0].Id}/mute")).Is(200);
        (await office.Delete($"/api/v1/chat/rooms/{talk.Room}")).Is(200);
    }

    [Fact]
    public async Task Nor_in_a_conversation_of_two()
    {
        var (mira, davor, office) = (await Somebody("mira"), await Somebody("davor"), await Officer());
        var room = (await mira.Post($"/api/v1/chat/dm/{davor.Id}", new { ClientId = "1", Content = "hello" }))
            .Is(201)
            .Data.GetProperty("room_id")
            .GetGuid();
        var (message, file) = await Furnish(new Talk(server, room, mira, [davor]));
        await NothingIsReached(office, room, message, file, davor);
        Assert.Equal("a secret, mended Null 1 1 a secret beginning", await Of(davor, message));
    }

    [Fact]
    public async Task In_a_conversation_of_their_own_they_delete_what_they_said_themselves()
    {
        var (mira, office) = (await Somebody("mira"), await Officer());
        var hers = (await mira.Post($"/api/v1/chat/dm/{office.Id}", new { ClientId = "1", Content = "to you" }))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();
        var own = (await office.Post($"/api/v1/chat/dm/{mira.Id}", new { ClientId = "1", Content = "to her" }))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();
        (await office.Delete(Talk.Path(hers))).Is(403, "MESSAGE_FORBIDDEN");
        Assert.Equal("to you", (await Talk.Show(office, hers)).Text("content"));
        (await office.Delete(Talk.Path(own))).Is(200);
    }

    [Fact]
    public async Task They_delete_in_public_rooms_and_in_those_that_they_are_in()
    {
        var (open, office) = (await Talk.Begin(server, "public", "mira", "davor"), await Officer());
        var said = await open.Say(open.Owner, "advertising");
        Assert.NotEqual(
            JsonValueKind.Null,
            (await office.Delete(Talk.Path(said))).Is(200).Data.GetProperty("deleted_at").ValueKind
        );

        var hidden = await Talk.Begin(server, "private", "mira", "davor");
        (await hidden.Owner.Post($"/api/v1/chat/rooms/{hidden.Room}/invites", new { UserId = office.Id })).Is(201);
        await RoomStage.Join(office, hidden.Room);
        var there = await hidden.Say(hidden.Owner, "advertising");
        (await office.Delete(Talk.Path(there))).Is(200);
        (await office.Delete($"/api/v1/chat/rooms/{hidden.Room}/members/me")).Is(200);
        (await office.Delete(Talk.Path(await hidden.Say(hidden.Owner, "after they left")))).Is(
            404,
            "MESSAGE_NOT_FOUND"
        );
    }

    [Fact]
    public async Task A_recording_is_blocked_by_a_track_that_they_may_see()
    {
        var (mira, office) = (await Somebody("mira"), await Officer());
        var (shown, hidden) = (await Track("public"), await Track("private"));
        (await Block(shown)).Is(422, "RECORDING_UNPRINTED");
        (await Block(hidden)).Is(404, "TRACK_NOT_FOUND");

        Task<Reply> Block(Guid track) =>
            office.Post("/api/v1/admin/blocked-recordings", new { TrackId = track, Reason = "Notice" });
        async Task<Guid> Track(string visibility)
        {
            var id = Guid.CreateVersion7();
            await server.Database.Execute(
                """
                insert into track (id, account_id, title, visibility, status, storage_prefix, sha256, size_bytes)
                  values ($1, $2, 'Hers', $3, 'ready', 'tracks/' || $1 || '/', '', 1)
                """,
                id,
                mira.Id,
                visibility
            );
            return id;
        }
    }
}

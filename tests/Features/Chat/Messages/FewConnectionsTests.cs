using Veza.Tests.Features.Chat.Rooms;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Messages;

/// <summary>
/// A node with one connection besides the one that listens. Whoever needs two at once never gets the second, however
/// long they wait; so whatever works here takes one at a time, and as many at once as one likes are served one after
/// the other.
/// </summary>
public sealed class FewConnectionsTests
{
    private const int Many = 128;

    [Fact]
    public async Task Many_edits_that_call_people_at_once_are_all_made_and_others_read_meanwhile()
    {
        await using var premises = await TestEnvironment.Create();
        await using var server = await VezaServer.Start(
            premises,
            ("VEZA__ROLES", "api,chat"),
            ("VEZA__POSTGRES", $"{premises.Database.ConnectionString};Maximum Pool Size=2")
        );
        var talk = await Talk.Begin(server, "public", "mira", "davor");
        var (mira, davor) = (talk.Owner, talk.Guests[0]);
        Guid[] said = [.. await Task.WhenAll(Enumerable.Range(0, Many).Select(n => talk.Say(mira, $"message {n}")))];
        // Listening as well: news of the room is told to whom it concerns, and nobody waits for it.
        await using var socket = await talk.Listen(davor);

        var edits = Task.WhenAll(
            said.Select((id, n) => Talk.Edit(mira, id, $"message {n} for @{davor.Username} and @room"))
        );
        var reads = 0;
        for (; !edits.IsCompleted || reads == 0; reads++)
            (await davor.Get($"/api/v1/chat/rooms/{talk.Room}/messages")).Is(200);
        foreach (var edit in await edits)
            Assert.Equal(davor.Id, edit.Is(200).Data.GetProperty("mentions")[0].GetProperty("id").GetGuid());
        await Eventually.True(
            "each edit was heard",
            () => Task.FromResult(socket.Of("message.updated").Length == Many)
        );
        Assert.Equal(
            Many,
            await premises.Database.Scalar<long>("select count(*) from message_mention where account_id = $1", davor.Id)
        );
    }

    [Fact]
    public async Task Everything_else_that_is_done_in_rooms_needs_one_connection_too()
    {
        await using var premises = await TestEnvironment.Create();
        await using var server = await VezaServer.Start(
            premises,
            ("VEZA__ROLES", "api,chat"),
            ("VEZA__POSTGRES", $"{premises.Database.ConnectionString};Maximum Pool Size=2")
        );
        var talk = await Talk.Begin(server, "public", "mira", "davor", "ana");
        var (mira, davor, ana) = (talk.Owner, talk.Guests[0], talk.Guests[1]);
        var said = await talk.Say(mira, $"hello @{davor.Username}");
        await using var socket = await talk.Listen(davor);
        var room = $"/api/v1/chat/rooms/{talk.Room}";
        // A gap for the feed: what was said while it was told of nothing is read in the middle of what follows.
        for (var round = 0; round < 3; round++)
        {
            await Task.WhenAll(
                Enumerable
                    .Range(0, 20)
                    .SelectMany<int, Task>(n =>
                        [
                            Done(davor.Put($"{room}/read", new { Seq = 1 })),
                            Done(ana.Put($"/api/v1/chat/messages/{said}/reactions/%F0%9F%8E%B5")),
                            Done(mira.Put($"/api/v1/chat/messages/{said}/pin")),
                            Done(mira.Put($"{room}/members/{ana.Id}/mute", new { })),
                            Done(mira.Delete($"{room}/members/{ana.Id}/mute")),
                            Done(
                                mira.Put(
                                    $"{room}/members/{davor.Id}",
                                    new { Role = n % 2 == 0 ? "moderator" : "member" }
                                )
                            ),
                            Done(mira.Put(room, new { Topic = $"topic {n}" })),
                        ]
                    )
            );
        }

        (await mira.Delete($"{room}/members/{ana.Id}")).Is(200);
        (await mira.Put($"{room}/bans/{davor.Id}", new { Reason = "enough" })).Is(200);
        await Eventually.True("who was put out heard so", () => Task.FromResult(socket.Of("member.left").Length >= 1));
        (await mira.Delete(room)).Is(200);
    }

    /// <summary>Some of what many do at once is refused, and nothing is out of reach.</summary>
    private static async Task Done(Task<Reply> asked)
    {
        var reply = await asked;
        Assert.True(reply.Status < 500, reply.Text);
    }
}

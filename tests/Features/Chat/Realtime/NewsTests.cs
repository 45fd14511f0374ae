using Veza.Features.Chat.Messages;
using Veza.Features.Chat.Realtime;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Realtime;

/// <summary>
/// News as it may come from Redis: lost, twice, in another order, of nobody. What a subscriber sees is what is stored,
/// once and in order.
/// </summary>
public sealed class NewsTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    [Fact]
    public async Task News_that_is_lost_doubled_or_in_another_order_gives_each_message_once_and_in_order()
    {
        var (mira, room) = await Room("News");
        await using var hers = await ChatSocket.Open(mira);
        await hers.Subscribe(room);
        using var link = TestEnvironment.Redis();
        var writer = new MessageWriter(server.Premises.Source);

        var first = await Say(1, 6);
        Tell(first[2]);
        Tell(first[0]);
        Tell(first[1], first[1], first[0]);
        await hers.Saw(room, 3);
        // Only the last is told: the others are read.
        Tell(first[5]);
        await hers.Saw(room, 6);
        foreach (var news in first.Reverse())
            Tell(news);

        var second = await Say(7, 3);
        Assert.True(link.Tell(Channel(room), [.. Node(), 0, 0, 1]));
        Assert.True(link.Tell(Channel(room), [.. Node(), 0, 0, 0, 3, 1, 2, 3]));
        Assert.True(link.Tell(Channel(room), []));
        // Of another room, and of a message that nobody has said.
        Tell(second[0] with { RoomId = Guid.CreateVersion7(), Seq = 7 });
        Tell(second[0] with { Seq = 4_000_000_000 });
        await hers.Saw(room, 9);
        Assert.Equal(Stage.Upto(9), hers.Seqs(room));
        Assert.Equal(
            Enumerable.Range(1, 9).Select(i => $"message {i}"),
            hers.Frames.Where(f => f.Text("type") == "message.created")
                .Select(f => f.GetProperty("message").Text("content"))
        );

        async Task<News[]> Say(int from, int count) =>
            [
                .. (
                    await writer.Append(
                        room,
                        [
                            .. Enumerable
                                .Range(from, count)
                                .Select(i => new Saying(
                                    Guid.CreateVersion7(),
                                    mira.Id,
                                    new Draft($"{i}", $"message {i}", null, null),
                                    MentionedPeople.None
                                )),
                        ]
                    )
                ).Select(News.Posted),
            ];

        void Tell(params News[] news) => Assert.True(link.Tell(Channel(room), News.EncodeAll(Node(), news)));
    }

    private static byte[] Node() => Guid.CreateVersion7().ToByteArray();

    private static string Channel(Guid room) => RecentMessages.Tag(room);

    private async Task<(Actor Mira, Guid Room)> Room(string name)
    {
        var mira = await server.Register("mira");
        return (
            mira,
            (await mira.Post("/api/v1/chat/rooms", new { Name = $"{name} of {mira.Username}" }))
                .Is(201)
                .Data.GetProperty("id")
                .GetGuid()
        );
    }
}

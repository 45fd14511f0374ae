using StackExchange.Redis;
using Veza.Features.Chat.Messages;
using Veza.Features.Chat.Realtime;
using Veza.Infrastructure.Redis;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Realtime;

/// <summary>
/// The newest messages in Redis: what comes out of them is whole and as it is now, or nothing comes out.
/// </summary>
public sealed class RecentMessagesTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>, IDisposable
{
    private readonly VezaServer server = shared.It;
    private readonly RedisLink link = TestEnvironment.Redis();
    private readonly Guid room = Guid.CreateVersion7();

    private RecentMessages Recent => new(link);

    public void Dispose() => link.Dispose();

    private News Posted(long seq, string content = "as said", long change = 0) =>
        News.Posted(
            new MessageRow(
                Guid.CreateVersion7(),
                room,
                seq,
                $"c{seq}",
                Guid.CreateVersion7(),
                "mira",
                "Mira",
                null,
                content,
                null,
                null,
                null,
                "[]",
                "[]",
                null,
                "[]",
                0,
                change,
                DateTime.UtcNow,
                null,
                null,
                null,
                null,
                [],
                false,
                []
            )
        );

    private News Changed(long seq, long change) => Posted(seq, "as changed", change) with { Kind = NewsKind.Changed };

    /// <summary>Scripts are sent without waiting, on one connection: what is asked later is answered later.</summary>
    private async Task<string> Read(long after, long until, long change) =>
        await Recent.Read(room, after, until, change) is { } found
            ? string.Join(' ', found.Select(news => news.Seq))
            : "none";

    [Fact]
    public async Task What_was_posted_is_there_until_it_changes_and_again_once_it_was_read_anew()
    {
        Recent.Posted(room, [Posted(1), Posted(2), Posted(3)], roomChange: 0);
        Assert.Equal("1 2 3", await Read(0, 3, 0));
        Assert.Equal("2 3", await Read(1, 3, 0));
        Assert.Equal("none", await Read(0, 4, 0));
        Recent.Changed(Changed(2, 1));
        Assert.Equal("none", await Read(0, 3, 1));
        Assert.Equal("3", await Read(2, 3, 1));
        Recent.Fill(room, [Posted(1), Posted(2, "as changed", 1), Posted(3)], roomChange: 1);
        Assert.Equal("1 2 3", await Read(0, 3, 1));
        Assert.InRange((await link.Database.KeyTimeToLiveAsync(Key))!.Value.TotalSeconds, 1, RecentMessages.KeptForS);
    }

    [Fact]
    public async Task A_change_of_which_nobody_told_makes_all_of_it_old()
    {
        Recent.Posted(room, [Posted(1), Posted(2)], roomChange: 4);
        Assert.Equal("1 2", await Read(0, 2, 4));
        // The fifth was lost; the room's own row knows of it.
        Assert.Equal("none", await Read(0, 2, 5));
        Recent.Changed(Changed(1, 6));
        Recent.Posted(room, [Posted(3)], roomChange: 6);
        Assert.Equal("none", await Read(1, 3, 6));
        Recent.Fill(room, [Posted(2, "as changed", 5), Posted(3)], roomChange: 6);
        Assert.Equal("2 3", await Read(1, 3, 6));
        Assert.Equal("none", await Read(0, 3, 6));
    }

    [Fact]
    public async Task What_comes_late_does_not_come_back()
    {
        Recent.Posted(room, [Posted(2)], roomChange: 0);
        Recent.Changed(Changed(1, 1));
        Recent.Posted(room, [Posted(1)], roomChange: 0);
        Assert.Equal("none", await Read(0, 2, 1));
        Recent.Fill(room, [Posted(1, "as changed", 1), Posted(2)], roomChange: 1);
        Recent.Fill(room, [Posted(1), Posted(2)], roomChange: 0);
        Recent.Changed(Changed(1, 1));
        Recent.Posted(room, [Posted(1)], roomChange: 0);
        var found = await Recent.Read(room, 0, 2, 1);
        Assert.Contains(
            "as changed",
            System.Text.Encoding.UTF8.GetString(found![0].Frame.Span),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_room_takes_no_more_than_its_places_and_no_message_that_is_too_large()
    {
        for (var from = 1; from <= 1500; from += 100)
            Recent.Posted(room, [.. Enumerable.Range(from, 100).Select(seq => Posted(seq))], roomChange: 0);
        Assert.Equal(
            RecentMessages.MessagesMax,
            (await Recent.Read(room, 1500 - RecentMessages.MessagesMax, 1500, 0))!.Length
        );
        Assert.Equal("none", await Read(1500 - RecentMessages.MessagesMax - 1, 1500, 0));
        Assert.Equal(RecentMessages.MessagesMax + 1, await link.Database.HashLengthAsync(Key));
        Recent.Posted(room, [Posted(1501, new string('x', RecentMessages.EntryBytesMax)), Posted(1502)], roomChange: 0);
        Assert.Equal("none", await Read(1500, 1502, 0));
        Assert.Equal("1502", await Read(1501, 1502, 0));
    }

    [Fact]
    public async Task Whoever_resumes_is_given_them_unless_somebody_blocks_somebody()
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var real = (await mira.Post("/api/v1/chat/rooms", new { Name = "Recent" }))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();
        (await davor.Put($"/api/v1/chat/rooms/{real}/members/me")).Is(200);
        // As after seven edits: what is posted now says so.
        await server.Database.Execute("update room set last_change = 7 where id = $1", real);
        await using var hers = await ChatSocket.Open(mira);
        for (var i = 1; i <= 3; i++)
            await hers.Say(real, $"{i}", $"message {i}");
        // It must have been there before anybody read: a mark in it shows where a resumed message came from.
        await Eventually.True(
            "they are in Redis",
            async () => await link.Database.HashLengthAsync($"{RecentMessages.Tag(real)}:recent") == 4
        );
        Assert.Equal(7, (long)await link.Database.HashGetAsync($"{RecentMessages.Tag(real)}:recent", "c"));
        foreach (var entry in await link.Database.HashGetAllAsync($"{RecentMessages.Tag(real)}:recent"))
        {
            if (entry.Name == "c")
                continue;
            var bytes = (byte[])entry.Value!;
            bytes.AsSpan()[(bytes.AsSpan().IndexOf("message "u8))..][.."message".Length].Fill((byte)'R');
            await link.Database.HashSetAsync($"{RecentMessages.Tag(real)}:recent", entry.Name, bytes);
        }

        // A node does not wait long for Redis; whoever it answered too late is given what PostgreSQL has.
        await Eventually.True(
            "what is in Redis is given",
            async () =>
            {
                await using var his = await ChatSocket.Open(davor);
                await his.Subscribe(real, afterSeq: 1);
                Assert.Equal([2, 3], his.Seqs(real));
                return Contents(his) is ["RRRRRRR 2", "RRRRRRR 3"];
            }
        );

        await server.Database.Execute(
            "insert into account_block (blocker_id, blocked_id) values ($1, $2)",
            davor.Id,
            mira.Id
        );
        await using var shy = await ChatSocket.Open(davor);
        await shy.Subscribe(real, afterSeq: 1);
        Assert.Equal(["", ""], Contents(shy));
        Assert.Equal([2, 3], shy.Seqs(real));

        static string[] Contents(ChatSocket socket) =>
            [
                .. socket
                    .Frames.Where(f => f.Text("type") == "message.created")
                    .Select(f => f.GetProperty("message").Text("content")),
            ];
    }

    private RedisKey Key => $"{RecentMessages.Tag(room)}:recent";
}

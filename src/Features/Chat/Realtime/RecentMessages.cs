using System.Globalization;
using StackExchange.Redis;
using Veza.Infrastructure.Redis;

namespace Veza.Features.Chat.Realtime;

/// <summary>
/// The newest messages of a room in Redis, for nodes that missed something and for whoever resumes. A hash for each
/// room, with a ring of places (seq modulo their number) and, in <c>c</c>, the room's change up to which every message
/// in it is as it should be. Whoever reads says which change they know of: what is behind that, is missing or was
/// changed is read from PostgreSQL. Why nothing old can come out of it:
/// docs/decisions/0014-recent-messages-in-redis.md.
/// </summary>
internal sealed class RecentMessages(RedisLink redis)
{
    internal const int MessagesMax = ChatLimits.ResumeMessagesMax,
        EntryBytesMax = 4 * 1024,
        KeptForS = 120;

    /// <summary>
    /// Each place begins with seq and change as decimals of one width, so that later is greater in every locale.
    /// </summary>
    private const int HeadChars = 2 * NumberChars,
        NumberChars = 19;

    /// <summary>
    /// Posted: only what is as new as all that is there. The first message of a hash says how new it is; from then on
    /// it lives for a while.
    /// </summary>
    private const string PostScript = """
        local at = redis.call('HGET', KEYS[1], 'c')
        if at and tonumber(ARGV[1]) < tonumber(at) then return 0 end
        if not at then redis.call('HSET', KEYS[1], 'c', ARGV[1]) end
        for i = 3, #ARGV, 2 do
          local old = redis.call('HGET', KEYS[1], ARGV[i])
          if not old or string.sub(old, 1, 38) <= string.sub(ARGV[i + 1], 1, 38)
            then redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
        end
        if not at then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
        return 1
        """;

    /// <summary>
    /// Changed: the message's place says that it is to be read anew. The count goes on only from the change before;
    /// after a gap it stands, and readers notice.
    /// </summary>
    private const string ChangeScript = """
        local at = redis.call('HGET', KEYS[1], 'c')
        if not at or tonumber(ARGV[1]) <= tonumber(at) then return 0 end
        if tonumber(ARGV[1]) == tonumber(at) + 1 then redis.call('HSET', KEYS[1], 'c', ARGV[1]) end
        local old = redis.call('HGET', KEYS[1], ARGV[2])
        if not old or string.sub(old, 1, 38) <= ARGV[3] then redis.call('HSET', KEYS[1], ARGV[2], ARGV[3]) end
        return 1
        """;

    /// <summary>
    /// Read from PostgreSQL after the room had come to a change: takes the place of what is older than that.
    /// </summary>
    private const string FillScript = """
        local at = redis.call('HGET', KEYS[1], 'c')
        if at and tonumber(at) > tonumber(ARGV[1]) then return 0 end
        if not at or tonumber(at) < tonumber(ARGV[1]) then
          redis.call('DEL', KEYS[1])
          redis.call('HSET', KEYS[1], 'c', ARGV[1])
          redis.call('EXPIRE', KEYS[1], ARGV[2])
        end
        for i = 3, #ARGV, 2 do
          local old = redis.call('HGET', KEYS[1], ARGV[i])
          if not old or string.sub(old, 1, 38) <= string.sub(ARGV[i + 1], 1, 38)
            then redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
        end
        return 1
        """;

    /// <summary>Messages that were stored when the room had come to this change.</summary>
    internal void Posted(Guid roomId, News[] posted, long roomChange) => Write(PostScript, roomId, roomChange, posted);

    /// <summary>Messages as PostgreSQL had them after the room had come to this change.</summary>
    internal void Fill(Guid roomId, News[] posted, long roomChange) =>
        Write(FillScript, roomId, roomChange, posted.TakeLast(MessagesMax));

    internal void Changed(News news) =>
        Send(ChangeScript, news.RoomId, [news.Change, Place(news.Seq), Head(news.Seq, news.Change)]);

    /// <summary>
    /// The messages after a seq up to another, each with all changes up to the given one; null when they are not all
    /// here.
    /// </summary>
    internal async Task<News[]?> Read(Guid roomId, long afterSeq, long untilSeq, long change)
    {
        var count = (int)Math.Min(untilSeq - afterSeq, MessagesMax + 1);
        if (count > MessagesMax)
            return null;
        RedisValue[] fields = ["c", .. Enumerable.Range(1, count).Select(i => Place(afterSeq + i))];
        if (await redis.Ask(database => database.HashGetAsync(Key(roomId), fields)) is not { } values)
            return null;
        if (values[0].IsNull || (long)values[0] < change)
            return null;
        var found = new News[count];
        for (var i = 0; i < count; i++)
        {
            if (Entry(values[i + 1], afterSeq + 1 + i) is not { } news)
                return null;
            found[i] = news;
        }

        return found;
    }

    /// <summary>One slot of a cluster has a room's messages and its news.</summary>
    internal static string Tag(Guid roomId) => $"veza:{{room:{roomId:N}}}";

    private static RedisKey Key(Guid roomId) => $"{Tag(roomId)}:recent";

    private static RedisValue Place(long seq) => seq % MessagesMax;

    private static string Head(long seq, long change) =>
        string.Create(CultureInfo.InvariantCulture, $"{seq:D19}{change:D19}");

    private static News? Entry(RedisValue value, long seq)
    {
        var bytes = (byte[]?)value;
        if (bytes is null || bytes.Length <= HeadChars)
            return null;
        return News.Decode(bytes.AsMemory(HeadChars)) is { Kind: NewsKind.Posted } news && news.Seq == seq
            ? news
            : null;
    }

    private void Write(string script, Guid roomId, long roomChange, IEnumerable<News> posted)
    {
        var values = new List<RedisValue> { roomChange, KeptForS };
        foreach (var news in posted.Where(n => n.Frame.Length + n.Veiled.Length <= EntryBytesMax))
        {
            values.Add(Place(news.Seq));
            values.Add((byte[])[.. System.Text.Encoding.ASCII.GetBytes(Head(news.Seq, news.Change)), .. news.Encode()]);
        }

        if (values.Count > 2)
            Send(script, roomId, [.. values]);
    }

    /// <summary>Nobody waits for it: what does not arrive is read from PostgreSQL.</summary>
    private void Send(string script, Guid roomId, RedisValue[] values) => redis.Run(script, Key(roomId), values);
}

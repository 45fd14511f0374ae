using StackExchange.Redis;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Redis;

namespace Veza.Features.Chat.Presence;

/// <summary>
/// Who is there, in Redis: a hash for each person with a field for each node they have sockets on, which ends by
/// itself, by Redis's own clock. Every command has one key, and many of them travel together.
/// </summary>
internal sealed class PresenceStore(RedisLink redis)
{
    private const string Prefix = "veza:presence:",
        EraKey = "veza:presence:era";

    /// <summary>
    /// Sets, renews or takes away (0) what a node knows of a person. Gives ten times what all nodes together said
    /// before, and what they say now.
    /// </summary>
    private const string TellScript = """
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local fields = redis.call('HGETALL', KEYS[1])
        local before, after, last = 0, tonumber(ARGV[2]), now + tonumber(ARGV[3])
        for i = 1, #fields, 2 do
          local said, ends = tonumber(string.sub(fields[i + 1], 1, 1)), tonumber(string.sub(fields[i + 1], 2))
          if ends <= now then
            redis.call('HDEL', KEYS[1], fields[i])
          else
            if said > before then before = said end
            if fields[i] ~= ARGV[1] then
              if said > after then after = said end
              if ends > last then last = ends end
            end
          end
        end
        if ARGV[2] == '0' then redis.call('HDEL', KEYS[1], ARGV[1])
        else redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. (now + tonumber(ARGV[3]))) end
        redis.call('PEXPIRE', KEYS[1], last - now)
        return before * 10 + after
        """;

    private const string ReadScript = """
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local most = 0
        for _, field in ipairs(redis.call('HVALS', KEYS[1])) do
          if tonumber(string.sub(field, 2)) > now then most = math.max(most, tonumber(string.sub(field, 1, 1))) end
        end
        return most
        """;

    private const string EraScript =
        "local era = redis.call('GET', KEYS[1]) if era then return era end redis.call('SET', KEYS[1], ARGV[1]) "
        + "return ARGV[1]";

    /// <summary>What a node says of a person.</summary>
    internal readonly record struct Word(Guid UserId, PresenceStatus Presence);

    /// <summary>Whether the others would see a difference.</summary>
    internal readonly record struct Outcome(PresenceStatus Before, PresenceStatus After)
    {
        internal bool IsNews => Before != After;
    }

    /// <summary>
    /// Tells Redis, and gives the outcome of each in the same order. Throws when Redis does not answer.
    /// </summary>
    internal async Task<Outcome[]> Tell(string node, Word[] words, TimeSpan timeToLive)
    {
        HeldConnections.MustBeNone("Redis");
        var outcomes = new List<Outcome>(words.Length);
        foreach (var batch in words.Chunk(PresenceLimits.PipelineMax))
        {
            var answers = batch
                .Select(word =>
                    redis.Database.ScriptEvaluateAsync(
                        TellScript,
                        [Key(word.UserId)],
                        [node, (int)word.Presence, (long)timeToLive.TotalMilliseconds]
                    )
                )
                .ToArray();
            foreach (var answer in await Task.WhenAll(answers))
            {
                var both = (int)answer;
                outcomes.Add(new Outcome((PresenceStatus)(both / 10), (PresenceStatus)(both % 10)));
            }
        }

        return [.. outcomes];
    }

    /// <summary>How each of these people is there, over all nodes. Throws when Redis does not answer.</summary>
    internal async Task<PresenceStatus[]> Read(Guid[] userIds)
    {
        HeldConnections.MustBeNone("Redis");
        var found = new List<PresenceStatus>(userIds.Length);
        foreach (var batch in userIds.Chunk(PresenceLimits.PipelineMax))
        {
            var answers = batch.Select(id => redis.Database.ScriptEvaluateAsync(ReadScript, [Key(id)])).ToArray();
            found.AddRange((await Task.WhenAll(answers)).Select(answer => (PresenceStatus)(int)answer));
        }

        return [.. found];
    }

    /// <summary>Another one than before means that Redis has lost its memory. Whoever finds none begins one.</summary>
    internal async Task<string> Era(string proposal) =>
        (string)(await redis.Database.ScriptEvaluateAsync(EraScript, [EraKey], [proposal]))!;

    private static RedisKey Key(Guid userId) => $"{Prefix}{{{userId:N}}}";
}

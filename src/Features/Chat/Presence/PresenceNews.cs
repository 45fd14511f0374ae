using System.Collections.Concurrent;
using StackExchange.Redis;
using Veza.Infrastructure.Redis;

namespace Veza.Features.Chat.Presence;

/// <summary>
/// Whose presence has changed, as nodes tell each other: people are dealt into a fixed number of channels by their ids,
/// and what changed within a beat travels together, once. It is a hint to read them; whoever misses it reads them some
/// seconds later.
/// </summary>
internal sealed class PresenceNews(RedisLink redis)
{
    private const int IdBytes = 16,
        EntryBytes = IdBytes + 1;
    private readonly byte[] node = Guid.CreateVersion7().ToByteArray();
    private readonly ConcurrentQueue<(Guid Id, bool SaysSomethingElse)> hints = new();
    private bool isHeard;

    /// <summary>For each person whether it is also what they say. Throws when Redis does not answer.</summary>
    internal async Task Tell(IReadOnlyDictionary<Guid, bool> changed)
    {
        if (!isHeard)
            await Listen();
        var sent = changed
            .GroupBy(c => BucketOf(c.Key))
            .Select(bucket => redis.Subscriber.PublishAsync(Channel(bucket.Key), Encode(bucket)));
        await Task.WhenAll(sent);
    }

    /// <summary>What other nodes told since it was asked last.</summary>
    internal IEnumerable<(Guid Id, bool SaysSomethingElse)> Take()
    {
        for (var n = hints.Count; n > 0 && hints.TryDequeue(out var hint); n--)
            yield return hint;
    }

    /// <summary>Once: subscriptions outlive lost connections.</summary>
    private async Task Listen()
    {
        for (var bucket = 0; bucket < PresenceLimits.Buckets; bucket++)
            await redis.Subscriber.SubscribeAsync(Channel(bucket), (_, message) => Hear((byte[]?)message));
        isHeard = true;
    }

    private void Hear(byte[]? payload)
    {
        if (payload is null || payload.Length < IdBytes || payload.AsSpan(0, IdBytes).SequenceEqual(node))
            return;
        for (
            var at = IdBytes;
            at + EntryBytes <= payload.Length && hints.Count < PresenceLimits.HintsMax;
            at += EntryBytes
        )
            hints.Enqueue((new Guid(payload.AsSpan(at, IdBytes)), payload[at + IdBytes] == 1));
    }

    private byte[] Encode(IEnumerable<KeyValuePair<Guid, bool>> changed)
    {
        var payload = new List<byte>(node);
        foreach (var (id, saysSomethingElse) in changed)
            payload.AddRange([.. id.ToByteArray(), (byte)(saysSomethingElse ? 1 : 0)]);
        return [.. payload];
    }

    /// <summary>By the random end of a UUIDv7: its beginning is a time.</summary>
    private static int BucketOf(Guid id) => id.ToByteArray()[IdBytes - 1] % PresenceLimits.Buckets;

    private static RedisChannel Channel(int bucket) => RedisChannel.Literal($"veza:presence:{bucket}");
}

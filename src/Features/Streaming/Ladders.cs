using System.Text.Json;
using Microsoft.Extensions.Caching.Memory;
using Veza.Infrastructure.Media;
using Veza.Infrastructure.ObjectStorage;

namespace Veza.Features.Streaming;

/// <summary>
/// The ladders of tracks in play, kept in memory: one small object read per track, and no SQL. A revision never
/// changes, so neither does its ladder.
/// </summary>
internal sealed class Ladders(IObjectStore store) : IDisposable
{
    private const int SegmentsKeptMax = 1_000_000;
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(10);
    private readonly MemoryCache cache = new(new MemoryCacheOptions { SizeLimit = SegmentsKeptMax });

    internal static string PrefixOf(Guid trackId, long revision) => $"tracks/{trackId}/{revision}/";

    /// <summary>The ladder, or null when there is no such revision.</summary>
    internal async ValueTask<AudioLadder?> Find(Guid trackId, long revision, CancellationToken ct)
    {
        if (cache.TryGetValue((trackId, revision), out AudioLadder? known))
            return known;
        var key = PrefixOf(trackId, revision) + "ladder.json";
        if (await store.Find(key, ct) is not { } facts)
            return null;
        await using var json = await store.Open(key, 0, facts.SizeBytes, ct);
        var ladder = await JsonSerializer.DeserializeAsync(json, AudioLadderJson.Default.AudioLadder, ct);
        return cache.Set(
            (trackId, revision),
            ladder,
            new MemoryCacheEntryOptions
            {
                Size = 1 + ladder!.Renditions.Sum(r => r.Segments.Length),
                SlidingExpiration = Kept,
            }
        );
    }

    /// <summary>
    /// The same, after a look whether it is still stored: a track that was deleted is forgotten at once where its
    /// playlists are asked for.
    /// </summary>
    internal async ValueTask<AudioLadder?> FindStored(Guid trackId, long revision, CancellationToken ct)
    {
        if (!cache.TryGetValue((trackId, revision), out AudioLadder? known))
            return await Find(trackId, revision, ct);
        if (await store.Find(PrefixOf(trackId, revision) + "ladder.json", ct) is not null)
            return known;
        cache.Remove((trackId, revision));
        return null;
    }

    public void Dispose() => cache.Dispose();
}

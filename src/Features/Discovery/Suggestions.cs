using Dapper;
using Npgsql;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Discovery;

/// <summary>One suggestion before the track itself is read.</summary>
internal sealed record Suggestion(Guid TrackId, Guid AccountId, double Score, Because Because);

/// <summary>
/// Finds what is like some tracks. Candidates come from indexes (listeners, tempo and key, tags, genre), so many from
/// each however large the catalogue is; what they are worth is settled by <see cref="Likeness"/>.
/// </summary>
internal static class Suggestions
{
    /// <summary>Of one uploader at most so many.</summary>
    internal const int PerUploaderMax = 2;

    /// <summary>What each further seed counts less than the one before it.</summary>
    private const double LaterSeedLoss = 0.05;

    /// <summary>What is read for all seeds together.</summary>
    private const int ListenersMax = 80,
        SoundsMax = 40,
        TaggedMax = 48,
        GenreMax = 48,
        TagsMax = 5,
        TracksOfListenerMax = 20,
        CandidatesMax = 1_000;

    internal sealed record CandidateRow(
        Guid Seed,
        Guid Id,
        Guid AccountId,
        string Title,
        float? Tempo,
        short? KeyPlace,
        float? LoudnessLufs,
        long DurationMs,
        string Genre,
        string[] Tags,
        long PlayCount,
        long Listeners
    )
    {
        internal Sound Sound =>
            new(Id, AccountId, Title, Tempo, KeyPlace, LoudnessLufs, DurationMs, Genre, Tags, PlayCount);
    }

    internal sealed record SoundRow(
        Guid Id,
        Guid AccountId,
        string Title,
        float? Tempo,
        short? KeyPlace,
        float? LoudnessLufs,
        long DurationMs,
        string Genre,
        string[] Tags,
        long PlayCount
    )
    {
        internal Sound Sound =>
            new(Id, AccountId, Title, Tempo, KeyPlace, LoudnessLufs, DurationMs, Genre, Tags, PlayCount);
    }

    /// <summary>
    /// The best, the best first; seeds that come first weigh more. With <paramref name="forWhom"/>, nothing of their
    /// own and nothing they have heard since.
    /// </summary>
    internal static async Task<Suggestion[]> Like(
        NpgsqlConnection db,
        Guid[] seedIds,
        Guid? forWhom,
        DateTime heardSince,
        int take
    )
    {
        if (seedIds.Length == 0)
            return [];
        var seedRows = await db.QueryAsync<SoundRow>(
            """
            select id, account_id, title, tempo, key_place, loudness_lufs, coalesce(duration_ms, 0) as duration_ms,
              lower(genre) as genre, tags, play_count from track where id = any(@seeds)
            """,
            new { seeds = new PgValue<Guid[]>(seedIds) }
        );
        var seeds = seedRows.ToDictionary(row => row.Id, row => row.Sound);
        var (keySeeds, keyPlaces) = KeysOf(seeds.Values);
        var share = seedIds.Length;
        var rows = await db.QueryAsync<CandidateRow>(
            CandidatesSql,
            new
            {
                seeds = new PgValue<Guid[]>(seedIds),
                keySeeds = new PgValue<Guid[]>(keySeeds),
                keyPlaces = new PgValue<int[]>(keyPlaces),
                callerId = forWhom ?? Guid.Empty,
                heardSince,
                lower = 1 - Likeness.FittingTempo,
                upper = 1 + Likeness.FittingTempo,
                CandidatesMax,
                TagsMax,
                TracksOfListenerMax,
                listeners = ListenersMax / share,
                sounds = SoundsMax / share,
                tagged = TaggedMax / share,
                genres = GenreMax / share,
            }
        );
        var best = new Dictionary<Guid, Suggestion>();
        foreach (var row in rows)
        {
            if (Likeness.Of(seeds[row.Seed], row.Sound, row.Listeners) is not { } likeness)
                continue;
            var score = likeness.Score * (1 - Array.IndexOf(seedIds, row.Seed) * LaterSeedLoss);
            if (!best.TryGetValue(row.Id, out var known) || known.Score < score)
                best[row.Id] = new Suggestion(row.Id, row.AccountId, score, likeness.Because);
        }

        return Spread(best.Values, take);
    }

    /// <summary>The best first, but no uploader more than a few times.</summary>
    internal static Suggestion[] Spread(IEnumerable<Suggestion> suggestions, int take)
    {
        var ofUploader = new Dictionary<Guid, int>();
        var best = suggestions.OrderByDescending(s => s.Score).ThenBy(s => s.TrackId);
        return
        [
            .. best.Where(s =>
                    (ofUploader[s.AccountId] = ofUploader.GetValueOrDefault(s.AccountId) + 1) <= PerUploaderMax
                )
                .Take(take),
        ];
    }

    private static (Guid[] Seeds, int[] Places) KeysOf(IEnumerable<Sound> seeds)
    {
        var pairs = seeds
            .Where(s => s.KeyPlace is not null)
            .SelectMany(s => Likeness.PlacesThatFit(s.KeyPlace!.Value).Select(place => (s.Id, place)))
            .ToArray();
        return ([.. pairs.Select(p => p.Id)], [.. pairs.Select(p => p.place)]);
    }

    // together: what the newest listeners of a seed heard last. sounding: from the seed's tempo up and down in each key
    // that fits, also across the octave's edge. tagged, alike: the newest with a tag, the most played of a genre. Each
    // is bounded by its index before anything is joined. A plan for any value takes a limit for a tenth of the table
    // and would read all tracks for the join at the end: "offset 0" keeps it to one look-up for each candidate.
    private const string CandidatesSql = """
        with seed as materialized (
          select id, tempo, lower(genre) as genre, tags from track where id = any(@seeds)
        ), together as (
          select s.id as seed, x.track_id as id, count(*) as listeners
            from seed s
            cross join lateral (select l.account_id from track_listener l where l.track_id = s.id and l.plays > 0
              and l.account_id <> @callerId order by l.last_played_at desc limit @listeners) who
            cross join lateral (select l.track_id from track_listener l where l.account_id = who.account_id
              and l.plays > 0 order by l.last_played_at desc limit @TracksOfListenerMax) x
           group by s.id, x.track_id order by count(*) desc, x.track_id limit @CandidatesMax / 2
        ), sounding as (
          select s.id as seed, n.id, 0::bigint as listeners
            from unnest(@keySeeds::uuid[], @keyPlaces::int[]) k(seed, place) join seed s on s.id = k.seed
            cross join lateral (values (s.tempo), (s.tempo * 2), (s.tempo / 2)) probe(at)
            cross join lateral (
              (select t.id from track t where t.is_listed and t.key_place = k.place and t.tempo >= probe.at
                and t.tempo <= (probe.at * @upper)::real order by t.tempo limit @sounds)
              union all
              (select t.id from track t where t.is_listed and t.key_place = k.place and t.tempo < probe.at
                and t.tempo >= (probe.at * @lower)::real order by t.tempo desc limit @sounds)) n
        ), tagged as (
          select s.id as seed, n.track_id as id, 0::bigint as listeners
            from seed s cross join lateral (select u.tag from unnest(s.tags) u(tag) limit @TagsMax) u
            cross join lateral (select g.track_id from track_tag g where g.tag = lower(u.tag) order by g.track_id desc
              limit @tagged) n
        ), alike as (
          select s.id as seed, n.id, 0::bigint as listeners
            from seed s
            cross join lateral (select t.id from track t where t.is_listed and t.genre <> ''
              and lower(t.genre) = s.genre order by t.play_count desc limit @genres) n
        ), candidate as materialized (
          select seed, id, sum(listeners)::bigint as listeners
            from (select seed, id, listeners from together union all select seed, id, listeners from sounding union all
              select seed, id, listeners from tagged
                  union all select seed, id, listeners from alike) every
           where not id = any(@seeds) group by seed, id order by sum(listeners) desc, id limit @CandidatesMax
        )
        select c.seed, t.id, t.account_id, t.title, t.tempo, t.key_place, t.loudness_lufs, t.duration_ms, t.genre,
          t.tags, t.play_count, c.listeners
          from candidate c
          cross join lateral (
            select t.id, t.account_id, t.title, t.tempo, t.key_place, t.loudness_lufs,
              coalesce(t.duration_ms, 0) as duration_ms, lower(t.genre) as genre, t.tags, t.play_count
              from track t
             where t.id = c.id and t.is_listed and t.account_id <> @callerId
               and not exists (select 1 from track_listener l where l.account_id = @callerId and l.track_id = t.id
                 and l.last_played_at > @heardSince)
            offset 0) t
        """;
}

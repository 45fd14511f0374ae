using System.Text.Json.Serialization;
using Dapper;
using Npgsql;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Tracks.Search;

/// <summary>
/// What a half-typed search may become: artists, titles and tags of listed tracks, the best first. Meant for every key
/// stroke.
/// </summary>
internal sealed class SuggestTracks(PostgresSource postgres) : Slice<SuggestTracks.Request, SuggestTracks.Response[]>
{
    internal sealed record Request(string? Q, int? Limit);

    internal const int BestMax = 60,
        Candidates = 500;

    /// <summary>Kind is <c>artist</c>, <c>title</c> or <c>tag</c>; a title says whose track it is.</summary>
    internal new sealed record Response(string Text, string Kind, Guid? TrackId);

    internal sealed record Row(string Text, string Kind, Guid? TrackId, double Rank);

    private static readonly Response Example = new("Night Bus", "title", Track.Example.Id);

    public override void Configure()
    {
        Get("/tracks/autocomplete");
        Group<TracksGroup>();
        Description(route =>
            route.Anonymous().Described("Suggest searches", new[] { Example }, errors: Errors.Validation)
        );
    }

    public override async Task<Answer<Response[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (request.Q is { Length: > TracksLimits.QueryCharsMax })
            return Errors.Validation.With(
                new FieldError("q", "TOO_LONG", $"q has at most {TracksLimits.QueryCharsMax} characters")
            );
        if (request.Limit is < 1 or > TracksLimits.SuggestionsMax)
            return Errors.Validation.With(
                new FieldError("limit", "OUT_OF_RANGE", $"limit is from 1 to {TracksLimits.SuggestionsMax}")
            );
        await using var db = await postgres.OpenConnectionAsync(ct);
        var folded = await TrackSearch.Fold(db, request.Q, [], [], []);
        var query = TrackQuery.OfWords(SearchWords.Of(folded.Words, request.Q), folded.Phrase);
        if (query.Words.IsEmpty)
            return Answer<Response[]>.Of([], "OK");
        var extent = await TrackIndex.Measure(db, query, folded.Catalogue);
        var found =
            extent.IsWhole ? []
            : await TrackFacets.Count(db, query, extent, [], Candidates) is { StandingFrom: { } standing }
                ? new[] { TrackQuery.StandingFrom(standing) }
            : [];
        var rows = await Suggest(db, query, found);
        if (rows.Length == 0 && extent.IsWhole)
        {
            query = query with { Words = await WordsMeant.Add(db, query.Words) };
            rows = await Suggest(db, query, []);
        }

        return Answer<Response[]>.Of(
            [
                .. rows.Take(request.Limit ?? TracksLimits.SuggestionsMax)
                    .Select(row => new Response(row.Text, row.Kind, row.TrackId)),
            ],
            "OK"
        );
    }

    private static async Task<Row[]> Suggest(NpgsqlConnection db, TrackQuery query, string[] furtherKeys)
    {
        var read = IndexRead.Of(query, furtherKeys);
        var rows = await db.QueryAsync<Row>(
            $"""
            with best as materialized (
              select s.id, s.words, s.tags, {TrackIndex.Rank} as rank {TrackIndex.Hits} order by rank desc, s.id
                limit @BestMax
            ), suggested as (
              select min(t.artist) as text, 'artist' as kind, null::uuid as track_id, max(b.rank) + 1 as rank
                from best b join track t on t.id = b.id where t.is_listed and t.artist <> ''
                  and b.words @@ @InArtist::tsquery group by lower(t.artist)
              union all
              select t.title, 'title', t.id, b.rank from best b join track t on t.id = b.id where t.is_listed
                and b.words @@ @InTitle::tsquery
              union all
              select tag, 'tag', null, max(b.rank) from best b, unnest(b.tags) tag where starts_with(tag, @Phrase)
                group by tag
            )
            select text, kind, track_id, rank::float8 as rank from suggested order by rank desc, kind, text
              limit @SuggestionsMax
            """,
            new
            {
                read.Found,
                read.BpmMin,
                read.BpmMax,
                read.HasBpm,
                read.DurationMinMs,
                read.DurationMaxMs,
                read.Words,
                read.Typed,
                read.Phrase,
                InArtist = query.Words.Query("B"),
                InTitle = query.Words.Query("A"),
                BestMax,
                TracksLimits.SuggestionsMax,
            }
        );
        return [.. rows];
    }
}

[JsonSerializable(typeof(Envelope<SuggestTracks.Response[]>))]
internal sealed partial class SuggestTracksJson : JsonSerializerContext;

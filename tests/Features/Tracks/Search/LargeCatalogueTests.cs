using Veza.Tests.Harness;

namespace Veza.Tests.Features.Tracks.Search;

/// <summary>
/// A catalogue in which one cannot read everything for each search: samples tell the counts, standing chooses the
/// candidates, indexes give the order.
/// </summary>
public sealed class LargeCatalogueTests(LargeCatalogue catalogue) : IClassFixture<LargeCatalogue>
{
    private Visitor Visitor => catalogue.Server.Visitor;

    [Fact]
    public async Task Facets_of_very_much_are_near_and_say_that_they_are_reckoned()
    {
        var reply = await Visitor.Search("q=common");
        Assert.False(reply.Meta().GetProperty("facets_exact").GetBoolean());
        Assert.Equal(10_000, reply.Meta().Number("total"));
        var genres = reply
            .Meta()
            .GetProperty("facets")
            .GetProperty("genre")
            .EnumerateArray()
            .ToDictionary(v => v.Text("value"), v => v.Number("count"));
        // One of four; the sample of one in four is chosen by the ids, which are the same in every run.
        foreach (var genre in new[] { "g0", "g1", "g2", "g3" })
            Assert.InRange(genres[genre], LargeCatalogue.Tracks / 4 * 0.85, LargeCatalogue.Tracks / 4 * 1.15);
    }

    [Theory]
    [InlineData("q=common")]
    [InlineData("q=c")]
    [InlineData("")]
    public async Task Pages_of_very_much_hold_each_track_once(string query)
    {
        var seen = new List<Guid>();
        foreach (var page in new[] { 1, 2, 3 })
            seen.AddRange((await Visitor.Search($"{query}&per_page=100&page={page}")).Ids());
        Assert.Equal((300, 300), (seen.Count, seen.Distinct().Count()));
        Assert.Equal(100, (await Visitor.Search($"{query}&per_page=100&page=100")).Ids().Length);
    }

    [Fact]
    public async Task The_best_of_very_much_come_first()
    {
        var best = await catalogue.Server.Database.Column(
            """
            select title from track order by track_standing(play_count, like_count, created_at) desc, created_at desc
              limit 5
            """
        );
        Assert.Equal(best, (await Visitor.Search("q=common&per_page=5")).Titles());
    }

    [Theory]
    [InlineData("created_at", "created_at desc, id")]
    [InlineData("play_count", "play_count desc, id")]
    [InlineData("like_count", "like_count desc, id")]
    [InlineData("title", "title, id")]
    [InlineData("duration_ms", "duration_ms, id")]
    [InlineData("bpm", "bpm, id")]
    public async Task Orders_of_very_much_are_true_with_and_without_filters(string name, string sql)
    {
        foreach (
            var (query, condition) in new[]
            {
                ("", "true"),
                ("q=common", "true"),
                ("q=common&genre=g1&bpm_min=90", "genre = 'g1' and bpm >= 90"),
                ("tag=even", "'even' = any(tags)"),
            }
        )
        {
            foreach (var (page, offset) in new[] { (1, 0), (7, 60) })
            {
                var expected = await catalogue.Server.Database.Column(
                    $"select id from track where {condition} order by {sql} limit 10 offset {offset}"
                );
                Assert.Equal(
                    expected,
                    (await Visitor.Search($"{query}&sort_by={name}&per_page=10&page={page}"))
                        .Ids()
                        .Select(id => id.ToString())
                );
            }
        }
    }

    [Fact]
    public async Task What_is_narrowed_enough_is_counted_exactly()
    {
        var reply = await Visitor.Search("q=common%20odd17&genre=g1");
        Assert.Equal(
            await catalogue.Server.Database.Scalar<long>(
                "select count(*) from track where title like '%odd17 %' and genre = 'g1'"
            ),
            reply.Meta().Number("total")
        );
        Assert.True(reply.Meta().GetProperty("facets_exact").GetBoolean());
        Assert.Equal(0, (await Visitor.Search($"user_id={Guid.CreateVersion7()}")).Meta().Number("total"));
    }

    [Fact]
    public async Task A_key_stroke_is_answered()
    {
        var suggestions = (await Visitor.Get("/api/v1/tracks/autocomplete?q=c"))
            .Is(200)
            .Data.EnumerateArray()
            .ToArray();
        Assert.Equal(10, suggestions.Length);
        Each.Of(suggestions, s => Assert.Equal("title", s.Text("kind")));
    }
}

public sealed class LargeCatalogue : IAsyncLifetime
{
    internal const int Tracks = 13_000;

    internal VezaServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Server = await VezaServer.Start(("VEZA__ROLES", "api"));
        var owner = await Server.Register("owner");
        await Server.Database.Execute("alter table track disable trigger user");
        await Server.Database.Execute(
            """
            insert into track (id, account_id, title, genre, tags, visibility, status, storage_prefix, sha256,
              size_bytes, bpm, duration_ms, play_count, like_count, created_at)
            select md5(n::text)::uuid, $1, 'common odd' || n % 100 || ' ' || n * 7919 % 10007,
                   'g' || n % 4, case when n % 2 = 0 then '{even}'::text[] else '{}' end,
                   'public', 'ready', 'tracks/none/', '', 1, 60 + n * 31 % 1201 / 10.0, 1000 + n * 53 % 13009,
                     n * 101 % 13007, n * 211 % 13001, timestamptz '2025-01-01' + n * interval '1 minute'
              from generate_series(1, $2) n
            """,
            owner.Id,
            Tracks
        );
        await Server.Database.Execute("alter table track enable trigger user");
        await Server.Database.Execute(
            """
            insert into track_search (id, account_id, words, title_key, genre, tags, bpm, bpm_bucket, musical_key,
              duration_ms, duration_bucket, year, standing, created_at)
            select id, account_id, words, title_key, genre, tags, bpm, bpm_bucket, musical_key, duration_ms,
              duration_bucket, year, standing, created_at from track_searched
            """
        );
        await Server.Database.Execute("vacuum analyze track, track_search");
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

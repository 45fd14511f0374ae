using Veza.Tests.Harness;

namespace Veza.Tests.Features.Tracks.Search;

/// <summary>Facets narrow a search, and their counts say what each choice would find.</summary>
public sealed class TrackFacetsTests(VezaServer server) : IClassFixture<VezaServer>
{
    [Fact]
    public async Task Each_facet_narrows_and_counts()
    {
        var mira = await Actor.Register(server, "facets");
        await new CatalogueTrack("Slow")
        {
            Genre = "Jazz",
            Tags = ["Night", "city"],
            Bpm = 79.9f,
            Key = "A minor",
            DurationMs = 59_999,
            Year = 1999,
        }.Of(mira);
        await new CatalogueTrack("Even")
        {
            Genre = "jazz",
            Tags = ["night"],
            Bpm = 120,
            Key = "A minor",
            DurationMs = 180_000,
            Year = 1999,
        }.Of(mira);
        await new CatalogueTrack("Fast")
        {
            Genre = "Drum & Bass",
            Tags = ["city"],
            Bpm = 174.4f,
            Key = "C# major",
            DurationMs = 239_999,
        }.Of(mira);
        await new CatalogueTrack("Still") { Genre = "ambient", DurationMs = 7_200_000 }.Of(mira);

        var all = await server.Visitor.Search($"user_id={mira.Id}");
        Assert.Equal(4, all.Meta().Number("total"));
        Assert.True(all.Meta().GetProperty("facets_exact").GetBoolean());
        Assert.Equal(["jazz 2", "ambient 1", "drum & bass 1"], all.Facet("genre"));
        Assert.Equal(["city 2", "night 2"], all.Facet("tag"));
        Assert.Equal(["70-80 1", "120-130 1", "170-180 1"], all.Facet("bpm"));
        Assert.Equal(["A minor 2", "C# major 1"], all.Facet("key"));
        Assert.Equal(["0-60000 1", "180000-240000 2", "3600000- 1"], all.Facet("duration"));
        Assert.Equal(["2026 2", "1999 2"], all.Facet("year"));
        var step = all.Meta().GetProperty("facets").GetProperty("bpm")[1];
        Assert.Equal((120, 130), (step.Number("from"), step.Number("to")));

        foreach (
            var (query, titles) in new[]
            {
                ("genre=JAZZ", "Even Slow"),
                ("genre=drum%20%26%20bass", "Fast"),
                ("genre=jazz&genre=ambient", "Even Slow Still"),
                ("tag=NIGHT", "Even Slow"),
                ("tag=city&tag=night", "Even Fast Slow"),
                ("key=a%20minor", "Even Slow"),
                ("key=C%23%20major", "Fast"),
                ("year=1999", "Even Slow"),
                ("year=2026", "Fast Still"),
                ("bpm_min=79.9", "Even Fast Slow"),
                ("bpm_min=80", "Even Fast"),
                ("bpm_max=120", "Even Slow"),
                ("bpm_min=100&bpm_max=130", "Even"),
                ("bpm_min=130&bpm_max=100", ""),
                ("duration_min_ms=180000", "Even Fast Still"),
                ("duration_max_ms=180000", "Even Slow"),
                ("duration_min_ms=180001&duration_max_ms=239999", "Fast"),
                ("genre=jazz&tag=city&year=1999&key=A%20minor&bpm_min=50", "Slow"),
                ("genre=jazz&q=even", "Even"),
                ("genre=jazz&q=fast", ""),
            }
        )
        {
            var reply = await server.Visitor.Search($"user_id={mira.Id}&{query}");
            Assert.Equal((query, titles), (query, string.Join(' ', reply.Titles().Order())));
            Assert.Equal(reply.Ids().Length, reply.Meta().Number("total"));
            // The uploader's own list is another statement, and says the same.
            var own = await mira.Search($"user_id={mira.Id}&{query}");
            Assert.Equal((query, titles), (query, string.Join(' ', own.Titles().Order())));
            Assert.Equal(
                reply.Meta().GetProperty("facets").GetRawText(),
                own.Meta().GetProperty("facets").GetRawText()
            );
        }
    }

    [Fact]
    public async Task A_facet_does_not_narrow_its_own_counts()
    {
        var mira = await Actor.Register(server, "open");
        await new CatalogueTrack("A") { Genre = "jazz", Key = "A minor" }.Of(mira);
        await new CatalogueTrack("B") { Genre = "jazz", Key = "C major" }.Of(mira);
        await new CatalogueTrack("C") { Genre = "folk", Key = "A minor" }.Of(mira);
        await new CatalogueTrack("D") { Genre = "soul", Key = "G major" }.Of(mira);
        var reply = await server.Visitor.Search($"user_id={mira.Id}&genre=jazz&key=A%20minor");
        Assert.Equal(["A"], reply.Titles());
        Assert.Equal(["folk 1", "jazz 1"], reply.Facet("genre"));
        Assert.Equal(["A minor 1", "C major 1"], reply.Facet("key"));
        Assert.Equal(["2026 1"], reply.Facet("year"));
    }

    [Fact]
    public async Task Every_order_goes_both_ways()
    {
        var mira = await Actor.Register(server, "orders");
        await new CatalogueTrack("b")
        {
            Plays = 1,
            Likes = 3,
            DurationMs = 2,
            Bpm = 100,
            CreatedAt = new DateTime(2025, 1, 1, 0, 0, 0, DateTimeKind.Utc),
        }.Of(mira);
        await new CatalogueTrack("Ä")
        {
            Plays = 2,
            Likes = 1,
            DurationMs = 3,
            Bpm = 90,
            CreatedAt = new DateTime(2025, 1, 2, 0, 0, 0, DateTimeKind.Utc),
        }.Of(mira);
        await new CatalogueTrack("c")
        {
            Plays = 3,
            Likes = 2,
            DurationMs = 1,
            Bpm = 110,
            CreatedAt = new DateTime(2025, 1, 3, 0, 0, 0, DateTimeKind.Utc),
        }.Of(mira);
        foreach (
            var (name, upwards, first) in new[]
            {
                ("created_at", "bÄc", "c"),
                ("play_count", "bÄc", "c"),
                ("like_count", "Äcb", "b"),
                ("title", "Äbc", "Ä"),
                ("duration_ms", "cbÄ", "c"),
                ("bpm", "Äbc", "Ä"),
            }
        )
        {
            foreach (var who in new[] { server.Visitor, mira })
            {
                Assert.Equal(
                    (name, upwards),
                    (name, string.Concat((await who.Search($"user_id={mira.Id}&sort_by={name}&order=asc")).Titles()))
                );
                Assert.Equal(
                    (name, string.Concat(upwards.Reverse())),
                    (name, string.Concat((await who.Search($"user_id={mira.Id}&sort_by={name}&order=desc")).Titles()))
                );
                Assert.Equal(
                    (name, first),
                    (name, (await who.Search($"user_id={mira.Id}&sort_by={name}")).Titles()[0])
                );
            }
        }
    }
}

using Veza.Features.Tracks.Search;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Tracks.Search;

/// <summary>The index says what the tracks say, and nothing of those that are not listed.</summary>
[Trait("Touches", "Objects")]
public sealed class SearchIndexTests(VezaServer server) : IClassFixture<VezaServer>
{
    public static TheoryData<string, string, bool> Hidden =>
        new()
        {
            { "private", "ready", false },
            { "unlisted", "ready", false },
            { "public", "queued", false },
            { "public", "processing", false },
            { "public", "failed", false },
            { "public", "ready", true },
            { "followers", "ready", true },
        };

    [Theory]
    [MemberData(nameof(Hidden))]
    public async Task What_is_not_listed_is_in_no_result_count_facet_or_proposal(
        string visibility,
        string status,
        bool isWithdrawn
    )
    {
        var mira = await Actor.Register(server, "hider");
        var word = $"hidden{Guid.CreateVersion7().ToString("N")[^14..]}";
        var track = new CatalogueTrack($"{word} Song")
        {
            Artist = word,
            Genre = word,
            Tags = [word],
            Bpm = 100,
            Key = "A minor",
        };
        var id = await (track with { Visibility = visibility, Status = status, IsWithdrawn = isWithdrawn }).Of(mira);
        await NothingOf(mira, word);

        await server.Database.Execute(
            "update track set visibility = 'public', status = 'ready', withdrawn_at = null where id = $1",
            id
        );
        Assert.Equal([id], (await server.Visitor.SearchWords(word)).Ids());
        Assert.Equal([id], (await server.Visitor.Search($"genre={word}")).Ids());
        Assert.NotEmpty(
            (await server.Visitor.Get($"/api/v1/tracks/autocomplete?q={word[..12]}")).Is(200).Data.EnumerateArray()
        );

        await server.Database.Execute(
            "update track set visibility = $2, status = $3, withdrawn_at = $4 where id = $1",
            id,
            visibility,
            status,
            isWithdrawn ? DateTime.UtcNow : DBNull.Value
        );
        await NothingOf(mira, word);
        Assert.Equal([id], (await mira.Search($"user_id={mira.Id}&q={word}")).Ids());
    }

    [Fact]
    public async Task Followers_and_supporters_tracks_are_found_by_everybody()
    {
        var mira = await Actor.Register(server, "lister");
        foreach (var visibility in new[] { "followers", "supporters" })
            await new CatalogueTrack($"Vellichor {visibility}") { Visibility = visibility }.Of(mira);
        Assert.Equal(2, (await server.Visitor.SearchWords("vellichor")).Ids().Length);
    }

    [Fact]
    public async Task An_edited_track_is_found_by_what_it_says_now_and_a_deleted_one_no_more()
    {
        var mira = await server.Register("mira");
        var id = await new CatalogueTrack("Sprocket Waltz") { Genre = "waltz" }.Of(mira);
        Assert.Equal([id], (await server.Visitor.SearchWords("sprocket")).Ids());
        await server.Database.Execute(
            """
            update track set title = 'Gasket Tango', genre = 'tango', tags = '{brass}', bpm = 66,
              musical_key = 'D major', duration_ms = 1, release_year = 1987 where id = $1
            """,
            id
        );
        Assert.Empty((await server.Visitor.SearchWords("sprocket")).Ids());
        var found = await server.Visitor.Search(
            "q=gasket&genre=tango&tag=brass&bpm_min=66&bpm_max=66&key=d%20major&duration_max_ms=1&year=1987"
        );
        Assert.Equal([id], found.Ids());
        await mira.Delete($"/api/v1/tracks/{id}");
        Assert.Empty((await server.Visitor.SearchWords("gasket")).Ids());
        Assert.Equal(0, await server.Database.Scalar<long>("select count(*) from track_search where id = $1", id));
    }

    [Fact]
    public async Task A_new_name_of_the_uploader_is_found_and_the_old_one_no_more()
    {
        var mira = await Actor.Register(server, "oldnamed");
        var id = await new CatalogueTrack("Nameless Piece").Of(mira);
        await server.Database.Execute(
            "update account set display_name = 'Flumberton Quartet', username = 'flumberton' where id = $1",
            mira.Id
        );
        await Eventually.True(
            "the new name finds it",
            async () => (await server.Visitor.SearchWords("flumberton quartet")).Ids().Contains(id)
        );
        Assert.DoesNotContain(id, (await server.Visitor.SearchWords("oldnamed")).Ids());
    }

    [Fact]
    public async Task Words_that_no_listed_track_has_any_more_are_forgotten()
    {
        var mira = await server.Register("mira");
        var (gone, stays) = (
            await new CatalogueTrack("Ephemerix Shared").Of(mira),
            await new CatalogueTrack("Perdurix Shared").Of(mira)
        );
        await server.Database.Execute("update track set visibility = 'private' where id = $1", gone);
        await using (var db = await server.Database.Source.OpenConnectionAsync())
            while (await server.Database.Scalar<long>("select count(*) from track_word_doubt") > 0)
                await IndexUploader.ForgetWords(db);
        Assert.Equal(
            ["perdurix", "shared"],
            await server.Database.Column(
                "select word from track_word where word in ('ephemerix', 'perdurix', 'shared') order by word"
            )
        );
        Assert.Equal([stays], (await server.Visitor.SearchWords("perdurx shared")).Ids());
    }

    [Fact]
    public async Task The_year_comes_from_the_files_date()
    {
        var mira = await server.Register("mira");
        var file = await Sounds.Notes(
            "dated.flac",
            Sounds.ShortS,
            "-metadata",
            "title=Dated Recording",
            "-metadata",
            "date=1973-05-01"
        );
        var id = await mira.UploadTrack(file);
        await mira.Ready(id);
        Assert.Equal([id], (await server.Visitor.Search("q=dated%20recording&year=1973")).Ids());
        Assert.Empty((await server.Visitor.Search("q=dated%20recording&year=2026")).Ids());
    }

    [Fact]
    public async Task Steps_of_facets_are_the_same_in_the_filter_and_in_the_index()
    {
        foreach (var (edge, i) in TrackQuery.DurationEdgesMs.Select((edge, i) => (edge, i)))
        {
            Assert.Equal(i, await server.Database.Scalar<int>("select track_duration_bucket($1)", edge - 1));
            Assert.Equal(i + 1, await server.Database.Scalar<int>("select track_duration_bucket($1)", edge));
        }

        Assert.Equal(
            TrackQuery.BpmBucketMax,
            await server.Database.Scalar<int>("select track_bpm_bucket($1)", TrackQuery.BpmMost)
        );
        Assert.Equal(12, await server.Database.Scalar<int>("select track_bpm_bucket($1)", 12f * TrackQuery.BpmStep));
    }

    private async Task NothingOf(Actor mira, string word)
    {
        foreach (
            var query in new[] { $"q={word}", $"genre={word}", $"tag={word}", $"q={word[..12]}", $"user_id={mira.Id}" }
        )
        {
            var reply = await server.Visitor.Search(query);
            Assert.Empty(reply.Ids());
            Assert.Equal(0, reply.Meta().Number("total"));
            foreach (var facet in new[] { "tag", "bpm", "key", "duration", "year" })
                Assert.DoesNotContain(word, string.Join(' ', reply.Facet(facet)));
        }

        Assert.DoesNotContain($"{word} 1", (await server.Visitor.Search("")).Facet("genre"));
        Assert.Empty(
            (await server.Visitor.Get($"/api/v1/tracks/autocomplete?q={word[..12]}")).Is(200).Data.EnumerateArray()
        );
    }
}

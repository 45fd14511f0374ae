using Veza.Tests.Harness;

namespace Veza.Tests.Features.Tracks.Search;

/// <summary>Which words find which tracks, and which track comes first.</summary>
public sealed class SearchWordsTests(VezaServer server) : IClassFixture<VezaServer>
{
    [Theory]
    [InlineData("Beyoncé Formation", "beyonce")]
    [InlineData("Beyonce Formation Two", "BEYONCÉ formation two")]
    [InlineData("Motörhead Overkill", "motorhead over")]
    [InlineData("Ænima", "aenima")]
    [InlineData("Ночной Автобус", "НОЧНОЙ автоб")]
    [InlineData("Зелёная Ёлка", "зеленая елка")]
    [InlineData("東京の夜", "東京")]
    [InlineData("夜に駆ける", "駆ける")]
    [InlineData("서울의 밤", "서울")]
    [InlineData("Ｗｉｄｅ Letters", "wide letters")]
    [InlineData("E\u0301tude Opus", "étude opus")]
    [InlineData("Don't Stop Believing", "dont stop beli")]
    [InlineData("Don\u2019t Look Back", "don't look")]
    [InlineData("AC/DC Tribute", "ac dc trib")]
    [InlineData("100% Pure", "100%")]
    [InlineData("C:\\Drive_Noise", "drive noise")]
    public async Task Case_accents_and_punctuation_do_not_matter(string title, string q)
    {
        var id = await new CatalogueTrack(title).Of(await server.Register("mira"));
        Assert.Contains(id, (await server.Visitor.SearchWords(q)).Ids());
    }

    [Fact]
    public async Task All_words_are_in_it_and_the_last_may_be_unfinished()
    {
        var id = await new CatalogueTrack("Quixotic Lanterns Drifting").Of(await server.Register("mira"));
        foreach (var q in new[] { "q", "qu", "quix", "quixo", "quixotic", "drifting quixot", "quixotic  lanterns d" })
            Assert.Contains(id, (await server.Visitor.SearchWords(q)).Ids());
        Assert.DoesNotContain(id, (await server.Visitor.SearchWords("quix lanterns")).Ids());
        Assert.DoesNotContain(id, (await server.Visitor.SearchWords("quix ")).Ids());
    }

    [Fact]
    public async Task Title_artist_album_tags_genre_and_uploader_are_searched_and_the_title_weighs_most()
    {
        var (mira, zorblat) = (await server.Register("mira"), await server.Register("zorblat"));
        var title = await new CatalogueTrack("Zorblat").Of(mira);
        var artist = await new CatalogueTrack("One") { Artist = "Zorblat" }.Of(mira);
        var album = await new CatalogueTrack("Two") { Album = "Zorblat" }.Of(mira);
        var tag = await new CatalogueTrack("Three") { Tags = ["zorblat"] }.Of(mira);
        var genre = await new CatalogueTrack("Four") { Genre = "zorblat" }.Of(mira);
        var uploader = await new CatalogueTrack("Five").Of(zorblat);
        var found = (await server.Visitor.SearchWords("zorblat")).Ids();
        Assert.Equal([title, artist], found[..2]);
        Assert.Equal(new[] { album, tag, genre }.Order(), found[2..5].Order());
        Assert.Equal(uploader, Assert.Single(found[5..]));
    }

    [Fact]
    public async Task What_many_hear_and_what_is_new_comes_first()
    {
        var mira = await server.Register("mira");
        var old = await new CatalogueTrack("Grelk Alpha")
        {
            CreatedAt = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc),
        }.Of(mira);
        var heard = await new CatalogueTrack("Grelk Beta")
        {
            CreatedAt = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc),
            Plays = 1_000_000,
        }.Of(mira);
        var liked = await new CatalogueTrack("Grelk Gamma")
        {
            CreatedAt = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc),
            Likes = 10_000,
        }.Of(mira);
        var fresh = await new CatalogueTrack("Grelk Delta").Of(mira);
        Assert.Equal([heard, liked, fresh, old], (await server.Visitor.SearchWords("grelk")).Ids());
        await server.Database.Execute("update track set play_count = 100000000 where id = $1", old);
        Assert.Equal(old, (await server.Visitor.SearchWords("grelk")).Ids()[0]);
        var exact = await new CatalogueTrack("Grelk")
        {
            CreatedAt = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc),
            Plays = 500_000,
        }.Of(mira);
        Assert.Equal(exact, (await server.Visitor.SearchWords("grelk")).Ids()[0]);
    }

    [Theory]
    [InlineData("Thunderclap Vibrations", "thunderclpa")]
    [InlineData("Thunderclap Vibrations", "thundercalp vibrations")]
    [InlineData("Thunderclap Vibrations", "tunderclap vibratoins")]
    [InlineData("Björkenwald", "bjorkenwlad")]
    [InlineData("Полуночный Экспресс", "полуночный эксперсс")]
    public async Task A_slip_of_the_finger_still_finds_it_and_says_so(string title, string q)
    {
        var id = await new CatalogueTrack(title).Of(await server.Register("mira"));
        var reply = await server.Visitor.SearchWords(q);
        Assert.Contains(id, reply.Ids());
        Assert.NotEmpty(reply.Meta().GetProperty("also_searched").EnumerateArray());
        Assert.False((await server.Visitor.SearchWords(title)).Titles().Length == 0);
    }

    [Fact]
    public async Task What_was_typed_comes_before_what_was_perhaps_meant()
    {
        var mira = await server.Register("mira");
        var meant = await new CatalogueTrack("Krimsonhall") { Plays = 100 }.Of(mira);
        var typed = await new CatalogueTrack("Krimsonhalt").Of(mira);
        Assert.Equal([typed, meant], (await server.Visitor.SearchWords("krimsonhalt")).Ids());
        Assert.Empty((await server.Visitor.SearchWords("wholly unheard of syllables")).Ids());
    }

    [Theory]
    [InlineData("'")]
    [InlineData("''; drop table track; --")]
    [InlineData("\"")]
    [InlineData("a & | ! b")]
    [InlineData("<->")]
    [InlineData("x:*")]
    [InlineData("x:ABCD")]
    [InlineData("(((")]
    [InlineData("\\")]
    [InlineData("%_\\")]
    [InlineData("!!!")]
    [InlineData("\u200b\u2028")]
    [InlineData("\ud83c\udfb5")]
    [InlineData("- -1 +1")]
    [InlineData("\u0001\u001f")]
    public async Task Whatever_is_typed_is_words_and_not_operators(string q)
    {
        await server.Visitor.SearchWords(q);
        await server.Visitor.Search(
            $"genre={Uri.EscapeDataString(q)}&tag={Uri.EscapeDataString(q)}&key={Uri.EscapeDataString(q)}"
        );
        (await server.Visitor.Get($"/api/v1/tracks/autocomplete?q={Uri.EscapeDataString(q)}")).Is(200);
    }

    [Theory]
    [InlineData("*")]
    [InlineData("~1")]
    [InlineData("+1")]
    [InlineData("g=inner")]
    [InlineData("^in")]
    public async Task Keys_of_the_index_cannot_be_typed(string q)
    {
        await new CatalogueTrack("Unrelated") { Genre = "inner" }.Of(await server.Register("mira"));
        Assert.DoesNotContain(
            "Unrelated",
            (await server.Visitor.SearchWords(q == "g=inner" ? q + " g" : q + "zzz")).Titles()
        );
        Assert.Equal(
            0,
            (await server.Visitor.Search($"genre={Uri.EscapeDataString("' | '*")}")).Meta().Number("total")
        );
    }

    [Fact]
    public async Task What_cannot_be_searched_is_told()
    {
        (await server.Visitor.Get("/api/v1/tracks?q=a%00b")).Is(400, "CHARACTER_REFUSED");
        (await server.Visitor.Get("/api/v1/tracks?genre=a%00b")).Is(400, "CHARACTER_REFUSED");
        await server.Visitor.SearchWords(string.Concat(Enumerable.Repeat("w ", 100)));
        await server.Visitor.SearchWords(new string('q', 200));
        foreach (
            var (query, fault) in new[]
            {
                ($"q={new string('q', 201)}", "q TOO_LONG"),
                ("sort_by=size_bytes", "sort_by NOT_ALLOWED"),
                ("order=up", "order NOT_ALLOWED"),
                ("q=x&order=asc", "order NOT_ALLOWED"),
                ("year=MMXX", "year INVALID_FORMAT"),
                ("bpm_min=-1", "bpm_min OUT_OF_RANGE"),
                ("bpm_max=NaN", "bpm_max OUT_OF_RANGE"),
                ("bpm_max=fast", "bpm_max INVALID_FORMAT"),
                ("duration_max_ms=-1", "duration_max_ms OUT_OF_RANGE"),
                (string.Join('&', Enumerable.Range(0, 11).Select(n => $"genre={n}")), "genre TOO_MANY"),
            }
        )
            Assert.Equal(
                [fault],
                (await server.Visitor.Get($"/api/v1/tracks?{query}")).Is(422, "VALIDATION_ERROR").FieldErrors
            );
    }
}

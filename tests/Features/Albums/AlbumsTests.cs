using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Albums;

public sealed class AlbumsTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    private static async Task<Guid> Make(Actor owner, string title, string visibility = "public") => (
            await owner.Post(
                "/api/v1/albums",
                new
                {
                    Title = title,
                    Artist = "Mira",
                    ReleaseDate = "2026-04-01",
                    Visibility = visibility,
                }
            )
        ).Is(201).Data.GetProperty("id").GetGuid();

    private static async Task<JsonElement> Arrange(Actor owner, Guid album, params Guid[] tracks) =>
        (await owner.Put($"/api/v1/albums/{album}/tracks", new { TrackIds = tracks })).Is(200).Data;

    private static string[] Titles(JsonElement album) =>
        [.. album.GetProperty("tracks").EnumerateArray().Select(t => t.Text("title"))];

    [Fact]
    public async Task An_album_has_its_tracks_in_the_order_of_the_record()
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var album = await Make(mira, "Lines");
        var (a, b, c) = (await mira.AddTrack("a"), await mira.AddTrack("b"), await mira.AddTrack("c"));
        Assert.Equal(["a", "b", "c"], Titles(await Arrange(mira, album, a, b, c)));
        Assert.Equal(["c", "a", "b"], Titles(await Arrange(mira, album, c, a, b)));
        var shown = (await davor.Get($"/api/v1/albums/{album}")).Is(200).Data;
        Assert.Equal(
            ("Lines", "Mira", "2026-04-01", 3, 3 * TrackRows.DurationMs),
            (
                shown.Text("title"),
                shown.Text("artist"),
                shown.Text("release_date"),
                shown.Number("track_count"),
                shown.Number("duration_ms")
            )
        );
        Assert.Equal(["a"], Titles(await Arrange(mira, album, a)));
        (await mira.Delete($"/api/v1/tracks/{a}")).Is(200);
        Assert.Empty(Titles((await mira.Get($"/api/v1/albums/{album}")).Is(200).Data));
    }

    [Fact]
    public async Task Its_loudness_is_the_mean_of_the_energies_weighted_by_duration()
    {
        var mira = await server.Register("mira");
        var album = await Make(mira, "Loud and quiet");
        var (loud, quiet) = (await mira.AddTrack("loud"), await mira.AddTrack("quiet"));
        await server.Database.Execute(
            "update track set loudness_lufs = -8, true_peak_dbtp = -0.5, duration_ms = 60000 where id = $1",
            loud
        );
        await server.Database.Execute(
            "update track set loudness_lufs = -20, true_peak_dbtp = -6, duration_ms = 180000 where id = $1",
            quiet
        );
        var shown = await Arrange(mira, album, loud, quiet);
        var expected = 10 * Math.Log10((60 * Math.Pow(10, -0.8) + 180 * Math.Pow(10, -2)) / 240);
        Assert.Equal(expected, shown.GetProperty("loudness_lufs").GetDouble(), 3);
        Assert.Equal(-0.5, shown.GetProperty("true_peak_dbtp").GetDouble(), 3);
        Assert.Equal(JsonValueKind.Null, (await Arrange(mira, album)).GetProperty("loudness_lufs").ValueKind);
    }

    [Fact]
    public async Task A_track_stands_on_one_album_and_carries_its_title()
    {
        var mira = await server.Register("mira");
        var (first, second) = (await Make(mira, "First"), await Make(mira, "Second"));
        var track = await mira.AddTrack("Wanted");
        await Arrange(mira, first, track);
        (await mira.Put($"/api/v1/albums/{second}/tracks", new { TrackIds = new[] { track } })).Is(
            409,
            "TRACK_ON_ALBUM"
        );
        await CarriesTitle(mira, track, "First");
        Assert.Equal(
            ["album ON_ALBUM"],
            (await mira.Put($"/api/v1/tracks/{track}", new { Album = "Other" })).Is(422, "VALIDATION_ERROR").FieldErrors
        );
        (await mira.Put($"/api/v1/tracks/{track}", new { Album = "First", Genre = "ambient" })).Is(200);
        (await mira.Put($"/api/v1/albums/{first}", new { Title = "Renamed" })).Is(200);
        await CarriesTitle(mira, track, "Renamed");

        await Arrange(mira, first);
        await Arrange(mira, second, track);
        await CarriesTitle(mira, track, "Second");
        (await mira.Delete($"/api/v1/albums/{second}")).Is(200);
        Assert.Equal("Second", (await mira.Get($"/api/v1/tracks/{track}")).Is(200).Data.Text("album"));
        Assert.Equal(
            "Own words",
            (await mira.Put($"/api/v1/tracks/{track}", new { Album = "Own words" })).Is(200).Data.Text("album")
        );
    }

    [Fact]
    public async Task Only_ones_own_tracks_go_on_ones_own_album()
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var album = await Make(mira, "Hers");
        var (hers, his) = (await mira.AddTrack("hers"), await davor.AddTrack("his"));
        (await mira.Put($"/api/v1/albums/{album}/tracks", new { TrackIds = new[] { hers, his } })).Is(
            404,
            "TRACK_NOT_FOUND"
        );
        (await davor.Put($"/api/v1/albums/{album}/tracks", new { TrackIds = new[] { his } })).Is(
            404,
            "ALBUM_NOT_FOUND"
        );
        (await davor.Put($"/api/v1/albums/{album}", new { Title = "His" })).Is(404, "ALBUM_NOT_FOUND");
        (await davor.Delete($"/api/v1/albums/{album}")).Is(404, "ALBUM_NOT_FOUND");
        Assert.Equal(
            ["track_ids NOT_ALLOWED"],
            (await mira.Put($"/api/v1/albums/{album}/tracks", new { TrackIds = new[] { hers, hers } }))
                .Is(422, "VALIDATION_ERROR")
                .FieldErrors
        );
        Assert.Equal(
            ["track_ids REQUIRED"],
            (await mira.Put($"/api/v1/albums/{album}/tracks", new { })).Is(422, "VALIDATION_ERROR").FieldErrors
        );
        Assert.Equal(
            ["track_ids TOO_MANY"],
            (
                await mira.Put(
                    $"/api/v1/albums/{album}/tracks",
                    new { TrackIds = Enumerable.Range(0, 201).Select(_ => Guid.CreateVersion7()) }
                )
            )
                .Is(422, "VALIDATION_ERROR")
                .FieldErrors
        );
        Assert.Equal(
            ["title REQUIRED"],
            (await mira.Post("/api/v1/albums", new { Title = "" })).Is(422, "VALIDATION_ERROR").FieldErrors
        );
        Assert.Equal(
            ["release_date WRONG_TYPE"],
            (await mira.Post("/api/v1/albums", new { Title = "When", ReleaseDate = "soon" }))
                .Is(422, "VALIDATION_ERROR")
                .FieldErrors
        );
    }

    [Fact]
    public async Task A_date_that_is_left_out_stays_and_null_takes_it_away()
    {
        var mira = await server.Register("mira");
        var album = await Make(mira, "Dated");
        Assert.Equal(
            "2026-04-01",
            (await mira.Put($"/api/v1/albums/{album}", new { Artist = "Mira B." })).Is(200).Data.Text("release_date")
        );
        Assert.Equal(
            "2026-05-02",
            (await mira.Put($"/api/v1/albums/{album}", new { ReleaseDate = "2026-05-02" }))
                .Is(200)
                .Data.Text("release_date")
        );
        Assert.Equal(
            JsonValueKind.Null,
            (await mira.Put($"/api/v1/albums/{album}", new { ReleaseDate = (string?)null }))
                .Is(200)
                .Data.GetProperty("release_date")
                .ValueKind
        );
    }

    [Fact]
    public async Task Others_see_the_albums_and_the_tracks_that_are_theirs_to_see()
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var (secret, open) = (await Make(mira, "Secret", "private"), await Make(mira, "Half open"));
        var (shown, hidden) = (await mira.AddTrack("Shown"), await mira.AddTrack("Hidden", "private"));
        await Arrange(mira, open, hidden, shown);
        (await davor.Get($"/api/v1/albums/{secret}")).Is(404, "ALBUM_NOT_FOUND");
        var seen = (await davor.Get($"/api/v1/albums/{open}")).Is(200);
        Assert.Equal(["Shown"], Titles(seen.Data));
        Assert.Equal((1, TrackRows.DurationMs), (seen.Data.Number("track_count"), seen.Data.Number("duration_ms")));
        Assert.DoesNotContain("Hidden", seen.Text, StringComparison.Ordinal);
        Assert.Equal(["Hidden", "Shown"], Titles((await mira.Get($"/api/v1/albums/{open}")).Is(200).Data));
        Each.IsNot(
            "Secret",
            (await davor.Get($"/api/v1/users/{mira.Id}/albums"))
                .Is(200)
                .Data.EnumerateArray()
                .Select(a => a.Text("title"))
        );
        Assert.Superset(
            new HashSet<string> { "Secret", "Half open" },
            (await mira.Get($"/api/v1/users/{mira.Id}/albums?per_page=100"))
                .Is(200)
                .Data.EnumerateArray()
                .Select(a => a.Text("title"))
                .ToHashSet()
        );
        (await server.Visitor.Get($"/api/v1/users/{Guid.CreateVersion7()}/albums")).Is(404, "USER_NOT_FOUND");
    }

    private static Task CarriesTitle(Actor owner, Guid track, string title) =>
        Eventually.True(
            $"the track carries {title}",
            async () => (await owner.Get($"/api/v1/tracks/{track}")).Is(200).Data.Text("album") == title
        );
}

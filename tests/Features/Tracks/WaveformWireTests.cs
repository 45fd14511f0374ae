using System.Text.Json;
using Veza.Infrastructure.Media;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Tracks;

/// <summary>The waveform over HTTP: its widths, its two forms, and a player's library that draws it.</summary>
[Trait("Touches", "Objects")]
public sealed class WaveformWireTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;
    private static readonly SemaphoreSlim Uploading = new(1);
    private static Guid? song;

    /// <summary>Long enough for two widths; the same one for all tests.</summary>
    private static async Task<(Actor Mira, Guid Id)> Song(VezaServer server)
    {
        var mira = await server.Register("mira");
        await Uploading.WaitAsync();
        try
        {
            song ??= await mira.UploadTrack(await Sounds.Long);
            await mira.Ready(song.Value);
            return (mira, song.Value);
        }
        finally
        {
            Uploading.Release();
        }
    }

    [Fact]
    public async Task Whoever_draws_gets_the_width_that_shows_what_is_asked_for()
    {
        var (_, id) = await Song(server);
        foreach (
            var (query, width) in new[]
            {
                ("", 256),
                ("?samples_per_pixel=256", 256),
                ("?samples_per_pixel=1000", 256),
                ("?samples_per_pixel=1024", 1024),
                ("?samples_per_pixel=90000", 1024),
                ("?samples_per_pixel=1", 256),
                ("?pixels=800", 1024),
                ("?pixels=861", 1024),
                ("?pixels=1000", 256),
                ("?pixels=1000000", 256),
            }
        )
        {
            var json = (await server.Visitor.Get($"/api/v1/tracks/{id}/waveform{query}")).Is(200).Json;
            Assert.Equal((query, (long)width), (query, json.Number("samples_per_pixel")));
            Assert.Equal((int)Math.Ceiling(Sounds.LongS * 44100 / width), json.Number("length"));
            Assert.Equal(2 * json.Number("length"), json.GetProperty("data").GetArrayLength());
        }

        (await server.Visitor.Get($"/api/v1/tracks/{id}/waveform?pixels=0")).Is(422, "VALIDATION_ERROR");
        (await server.Visitor.Get($"/api/v1/tracks/{id}/waveform?samples_per_pixel=0")).Is(422, "VALIDATION_ERROR");
        (await server.Visitor.Get($"/api/v1/tracks/{id}/waveform.dat?samples_per_pixel=256&pixels=9")).Is(
            422,
            "VALIDATION_ERROR"
        );
    }

    [Fact]
    public async Task The_binary_file_says_the_same_as_the_JSON_and_both_are_remembered()
    {
        var (_, id) = await Song(server);
        var json = (await server.Visitor.Get($"/api/v1/tracks/{id}/waveform")).Is(200);
        var asked = (
            await server.Visitor.Get($"/api/v1/tracks/{id}/waveform", ("Accept", "application/octet-stream"))
        ).Is(200);
        var named = (await server.Visitor.Get($"/api/v1/tracks/{id}/waveform.dat")).Is(200);
        Assert.Equal(
            ("application/json", "application/octet-stream", "application/octet-stream"),
            (json.ContentType, asked.ContentType, named.ContentType)
        );
        Assert.Equal(asked.Body, named.Body);
        var level = WaveformLevel.OfFile(named.Body);
        Assert.Equal(
            (json.Json.Number("sample_rate"), json.Json.Number("samples_per_pixel")),
            (level.SampleRateHz, (long)level.SamplesPerPixel)
        );
        Assert.Equal(
            json.Json.GetProperty("data").EnumerateArray().Select(v => v.GetInt32()),
            level.Data.Select(v => (int)(sbyte)v)
        );

        Assert.NotEqual(json.Header("ETag"), named.Header("ETag"));
        Assert.Equal(("Accept", "public, max-age=60"), (json.Header("Vary"), json.Header("Cache-Control")));
        var unchanged = (
            await server.Visitor.Get($"/api/v1/tracks/{id}/waveform", ("If-None-Match", json.Header("ETag")!))
        ).Is(304);
        Assert.Equal((0, json.Header("ETag")), (unchanged.Body.Length, unchanged.Header("ETag")));
        (
            await server.Visitor.Get(
                $"/api/v1/tracks/{id}/waveform.dat",
                ("If-None-Match", $"\"other\", W/{named.Header("ETag")}")
            )
        ).Is(304);
        (await server.Visitor.Get($"/api/v1/tracks/{id}/waveform.dat", ("If-None-Match", json.Header("ETag")!))).Is(
            200
        );
        (
            await server.Visitor.Get(
                $"/api/v1/tracks/{id}/waveform?samples_per_pixel=1024",
                ("If-None-Match", json.Header("ETag")!)
            )
        ).Is(200);
    }

    /// <summary>
    /// What an address, a bond or being its owner lets somebody see is kept by their own browser at most.
    /// </summary>
    [Fact]
    public async Task Shared_caches_keep_the_waveform_and_the_cover_of_what_everybody_may_see_and_of_nothing_else()
    {
        var mira = await server.Register("mira");
        var id = await mira.UploadTrack(await Sounds.Short);
        await mira.Ready(id);
        var cover = (
            await mira.Send(
                HttpMethod.Put,
                $"/api/v1/tracks/{id}/cover",
                Pictures.Content(await Pictures.Quarters("png"))
            )
        )
            .Is(200)
            .Data.Text("cover_url");
        string[] paths =
        [
            $"/api/v1/tracks/{id}/waveform",
            $"/api/v1/tracks/{id}/waveform.dat",
            cover,
            $"/api/v1/tracks/{id}/cover",
        ];
        foreach (var visibility in new[] { "public", "unlisted", "followers", "supporters", "private" })
        {
            await server.Database.Execute("update track set visibility = $2 where id = $1", id, visibility);
            foreach (var path in paths)
            {
                var shown = (await mira.Get(path)).Is(200).Header("Cache-Control")!.Split(", ");
                Assert.Equal((visibility, path, visibility == "public"), (visibility, path, shown.Contains("public")));
                Assert.Equal(visibility != "public", shown.Contains("private"));
                if (visibility is "unlisted")
                    Assert.DoesNotContain(
                        "public",
                        (await server.Visitor.Get(path)).Is(200).Header("Cache-Control"),
                        StringComparison.Ordinal
                    );
            }
        }

        await server.Database.Execute("update track set visibility = 'public', withdrawn_at = now() where id = $1", id);
        foreach (var path in paths)
        {
            Assert.Contains(
                "private",
                (await mira.Get(path)).Is(200).Header("Cache-Control"),
                StringComparison.Ordinal
            );
            (await server.Visitor.Get(path)).Is(404);
        }
    }

    [Fact]
    public async Task A_browser_draws_it_with_peaks_js_from_either_form()
    {
        var (mira, id) = await Song(server);
        var audio = (await mira.Stream(id)).GetProperty("variants")[0].Text("url");
        var outcome = await BrowserScript.Run("waveform.mjs", $"{server.Address}/api/v1/tracks/{id}", audio);
        var expected = (await server.Visitor.Get($"/api/v1/tracks/{id}/waveform?samples_per_pixel=256"))
            .Is(200)
            .Json.GetProperty("data")
            .EnumerateArray()
            .Select(v => v.GetInt32())
            .Chunk(2)
            .ToArray();
        foreach (var form in new[] { "json", "arraybuffer" })
        {
            var drawn = outcome.GetProperty(form);
            Assert.False(drawn.TryGetProperty("error", out var error), $"{form}: {error}");
            Assert.Equal(
                (256, 44100, expected.Length),
                (drawn.Number("samples_per_pixel"), drawn.Number("sample_rate"), drawn.Number("length"))
            );
            Assert.Equal(expected.Select(p => p[0]), Numbers(drawn, "min"));
            Assert.Equal(expected.Select(p => p[1]), Numbers(drawn, "max"));
            Assert.InRange(drawn.GetProperty("duration_s").GetDouble(), Sounds.LongS - 0.1, Sounds.LongS + 0.1);
            // Two notes at -10 dBFS: a band of a third of the height, all along 800 pixels.
            Assert.InRange(drawn.Number("overview_pixels"), 8_000, 80_000);
            Assert.InRange(drawn.Number("zoomview_pixels"), 8_000, 80_000);
        }
    }

    private static IEnumerable<int> Numbers(JsonElement json, string name) =>
        json.GetProperty(name).EnumerateArray().Select(v => v.GetInt32());
}

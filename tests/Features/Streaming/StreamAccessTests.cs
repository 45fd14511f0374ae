using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Streaming;

/// <summary>
/// Who hears what of a track, and what its volume should be. One track is made for all of them, and changes its kind.
/// </summary>
[Trait("Touches", "Objects")]
public sealed class StreamAccessTests(StreamAccessTests.Stage stage) : IClassFixture<StreamAccessTests.Stage>
{
    public sealed class Stage : IAsyncLifetime
    {
        internal VezaServer Server { get; } = new();

        internal Actor Mira { get; private set; } = null!;

        internal Guid Id { get; private set; }

        internal Visitor Visitor => Server.Visitor;

        public async ValueTask InitializeAsync()
        {
            await Server.InitializeAsync();
            Mira = await Server.Register("mira");
            Id = await Mira.UploadTrack(await Sounds.Long, ("visibility", "followers"));
            await Mira.Ready(Id);
        }

        internal async Task Show(string visibility) =>
            Assert.Equal(
                1,
                await Server.Database.Execute(
                    "update track set visibility = $2, preview_start_ms = null where id = $1",
                    Id,
                    visibility
                )
            );

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }

    private async Task<string> Access(Visitor who)
    {
        var (track, stream) = (
            await who.Get($"/api/v1/tracks/{stage.Id}"),
            await who.Get($"/api/v1/tracks/{stage.Id}/stream")
        );
        var listed = (await who.Get($"/api/v1/tracks?user_id={stage.Mira.Id}"))
            .Is(200)
            .Data.EnumerateArray()
            .Where(t => t.GetProperty("id").GetGuid() == stage.Id)
            .ToArray();
        if (track.Status == 404)
        {
            stream.Is(404, "TRACK_NOT_FOUND");
            Assert.Empty(listed);
            return "none";
        }

        var access = track.Is(200).Data.Text("access");
        Assert.Equal(access, stream.Is(200).Data.Text("access"));
        foreach (var entry in listed)
            Assert.Equal(access, entry.Text("access"));
        return listed.Length == 1 ? access : access + " by address";
    }

    [Fact]
    public async Task Each_kind_is_heard_whole_by_whom_it_is_meant_for()
    {
        var (davor, lena, rolf) = (
            await stage.Server.Register("davor"),
            await stage.Server.Register("lena"),
            await stage.Server.Register("rolf")
        );
        (await davor.Put($"/api/v1/users/{stage.Mira.Id}/follow")).Is(200);
        (await stage.Mira.Put($"/api/v1/users/me/supporters/{lena.Id}")).Is(200);
        (string Kind, string Mira, string Davor, string Lena, string Rolf, string Visitor)[] cases =
        [
            ("public", "full", "full", "full", "full", "full"),
            ("unlisted", "full", "full by address", "full by address", "full by address", "full by address"),
            ("followers", "full", "full", "full", "preview", "preview"),
            ("supporters", "full", "preview", "full", "preview", "preview"),
            ("private", "full", "none", "none", "none", "none"),
        ];
        foreach (var expected in cases)
        {
            await stage.Show(expected.Kind);
            Assert.Equal(
                expected,
                (
                    expected.Kind,
                    await Access(stage.Mira),
                    await Access(davor),
                    await Access(lena),
                    await Access(rolf),
                    await Access(stage.Visitor)
                )
            );
        }
    }

    [Fact]
    public async Task Access_comes_and_goes_with_the_follow_and_with_the_time_of_support()
    {
        var fan = await stage.Server.Register("fan");
        await stage.Show("followers");
        Assert.Equal("preview", await Access(fan));
        (await fan.Put($"/api/v1/users/{stage.Mira.Id}/follow")).Is(200);
        Assert.Equal("full", await Access(fan));
        (await fan.Delete($"/api/v1/users/{stage.Mira.Id}/follow")).Is(200);
        Assert.Equal("preview", await Access(fan));

        await stage.Show("supporters");
        (await stage.Mira.Put($"/api/v1/users/me/supporters/{fan.Id}", new { until = DateTime.UtcNow.AddDays(1) })).Is(
            200
        );
        Assert.Equal("full", await Access(fan));
        await stage.Server.Database.Execute(
            "update supporter set supports_until = now() where supporter_id = $1",
            fan.Id
        );
        Assert.Equal("preview", await Access(fan));
        (await stage.Mira.Put($"/api/v1/users/me/supporters/{fan.Id}")).Is(200);
        Assert.Equal("full", await Access(fan));
        (await stage.Mira.Delete($"/api/v1/users/me/supporters/{fan.Id}")).Is(200);
        Assert.Equal("preview", await Access(fan));
    }

    [Fact]
    public async Task A_kind_that_does_not_exist_is_refused() =>
        Assert.Equal(
            ["visibility NOT_ALLOWED"],
            (await stage.Mira.Upload(await Sounds.Short, ("visibility", "friends")))
                .Is(422, "VALIDATION_ERROR")
                .FieldErrors
        );

    [Fact]
    public async Task A_preview_begins_where_the_artist_says()
    {
        await stage.Show("supporters");
        async Task<(long StartMs, long DurationMs)> Preview() =>
            (await stage.Visitor.Get($"/api/v1/tracks/{stage.Id}/stream")).Is(200).Data.GetProperty("preview") is var p
                ? (p.Number("start_ms"), p.Number("duration_ms"))
                : default;
        // Twenty seconds are five segments of about four: two of them are no more than half. By itself it begins with
        // the one a third into the track.
        Assert.Equal((3993, 7987), await Preview());
        foreach (var (chosen, start) in new[] { (0, 0), (9000, 7987), (3_600_000, 11_981) })
        {
            (await stage.Mira.Put($"/api/v1/tracks/{stage.Id}/preview", new { start_ms = chosen })).Is(200);
            Assert.Equal(start, (await Preview()).StartMs);
        }

        (await stage.Mira.Put($"/api/v1/tracks/{stage.Id}/preview", new { start_ms = -1 })).Is(422, "VALIDATION_ERROR");
        (
            await (await stage.Server.Register("rolf")).Put($"/api/v1/tracks/{stage.Id}/preview", new { start_ms = 1 })
        ).Is(404, "TRACK_NOT_FOUND");
        Assert.Equal(
            JsonValueKind.Null,
            (await stage.Mira.Put($"/api/v1/tracks/{stage.Id}/preview", new { start_ms = (int?)null }))
                .Is(200)
                .Data.GetProperty("start_ms")
                .ValueKind
        );
        Assert.Equal((3993, 7987), await Preview());
    }

    [Fact]
    public async Task A_track_of_one_segment_has_no_preview()
    {
        var id = await stage.Mira.UploadTrack(await Sounds.Short, ("visibility", "supporters"));
        await stage.Mira.Ready(id);
        (await stage.Visitor.Get($"/api/v1/tracks/{id}/stream")).Is(403, "PREVIEW_TOO_SHORT");
        (await stage.Mira.Get($"/api/v1/tracks/{id}/stream")).Is(200);
    }

    [Theory]
    [InlineData(-20.0, -6.0, -14, 5.0)]
    [InlineData(-20.0, -3.5, -14, 2.5)]
    [InlineData(-20.0, 0.4, -14, 0.0)]
    [InlineData(-8.5, 1.2, -14, -5.5)]
    [InlineData(-8.5, -0.1, -23, -14.5)]
    public async Task The_gain_brings_a_track_to_the_target_and_no_peak_over_the_ceiling(
        double lufs,
        double peak,
        double target,
        double gain
    )
    {
        await stage.Server.Database.Execute(
            "update track set visibility = 'public', loudness_lufs = $2, true_peak_dbtp = $3 where id = $1",
            stage.Id,
            (float)lufs,
            (float)peak
        );
        var stream = (await stage.Visitor.Get($"/api/v1/tracks/{stage.Id}/stream?target_lufs={target}")).Is(200).Data;
        var said = stream.GetProperty("normalization");
        Assert.Equal(
            (gain, peak, target),
            (
                said.GetProperty("track_gain_db").GetDouble(),
                said.GetProperty("peak_dbtp").GetDouble(),
                said.GetProperty("target_lufs").GetDouble()
            )
        );
        // Beside the sound, never in it: the file is the same whatever the target.
        var text = FormattableString.Invariant($"{gain:0.00}");
        Assert.Contains(
            $"#EXT-X-SESSION-DATA:DATA-ID=\"org.veza.track-gain\",VALUE=\"{text} dB\"\n",
            (await stage.Visitor.Get(stream.Text("hls_url"))).Is(200).Text,
            StringComparison.Ordinal
        );
        Assert.Contains(
            $"schemeIdUri=\"urn:veza:track-gain\" value=\"{text} dB\"",
            (await stage.Visitor.Get(stream.Text("dash_url"))).Is(200).Text,
            StringComparison.Ordinal
        );
        Assert.Equal(
            text,
            (await stage.Visitor.Head(stream.GetProperty("variants")[0].Text("url"))).Is(200).Header("Veza-Track-Gain")
        );
    }

    [Fact]
    public async Task Tracks_of_an_album_get_one_gain_together_and_silence_gets_none()
    {
        await stage.Server.Database.Execute(
            """
            update track set visibility = 'public', album = 'Lines', duration_ms = 20000, loudness_lufs = -20,
              true_peak_dbtp = -9 where id = $1
            """,
            stage.Id
        );
        await stage.Server.Database.Execute(
            """
            insert into track (id, account_id, title, album, visibility, status, storage_prefix, sha256, size_bytes,
              duration_ms, loudness_lufs, true_peak_dbtp)
            select gen_random_uuid(), account_id, 'Other', o.album, v, 'ready', 'tracks/none/', '', 1, 60000, l, -4
              from track, (values ('LINES', 'public', -10), ('Lines', 'private', -1), ('Other', 'public', -1)) o (album,
              v, l)
             where track.id = $1
            """,
            stage.Id
        );
        var album = (await stage.Visitor.Get($"/api/v1/tracks/{stage.Id}/stream"))
            .Is(200)
            .Data.GetProperty("normalization");
        // A quarter of it at -20 and three at -10 are -11.11 together.
        Assert.Equal(
            (6.0, -2.89),
            (album.GetProperty("track_gain_db").GetDouble(), album.GetProperty("album_gain_db").GetDouble())
        );

        await stage.Server.Database.Execute(
            "update track set album = '', loudness_lufs = null, true_peak_dbtp = null where id = $1",
            stage.Id
        );
        var silent = (await stage.Visitor.Get($"/api/v1/tracks/{stage.Id}/stream")).Is(200).Data;
        Each.Of(
            ["track_gain_db", "album_gain_db", "peak_dbtp"],
            name => Assert.Equal(JsonValueKind.Null, silent.GetProperty("normalization").GetProperty(name).ValueKind)
        );
        Assert.DoesNotContain(
            "SESSION-DATA",
            (await stage.Visitor.Get(silent.Text("hls_url"))).Is(200).Text,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("-4")]
    [InlineData("-31")]
    [InlineData("NaN")]
    [InlineData("loud")]
    public async Task A_target_that_makes_no_sense_is_refused(string target) =>
        (await stage.Visitor.Get($"/api/v1/tracks/{stage.Id}/stream?target_lufs={target}")).Is(422, "VALIDATION_ERROR");
}

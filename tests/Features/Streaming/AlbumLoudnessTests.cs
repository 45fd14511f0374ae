using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Streaming;

/// <summary>An album is as loud wherever it is said: on a track, on its stream and on the album's own page.</summary>
[Trait("Touches", "Objects")]
public sealed class AlbumLoudnessTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    [Fact]
    public async Task Track_stream_and_page_say_the_same_to_each_listener_and_it_is_of_what_they_may_hear()
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var heard = await mira.UploadTrack(await Sounds.Short);
        await mira.Ready(heard);
        (Guid Id, double Lufs, double Seconds)[] open =
        [
            (heard, -9, 60),
            (await mira.AddTrack("Public"), -12, 120),
            (await mira.AddTrack("Unlisted", "unlisted"), -15, 30),
            (await mira.AddTrack("Followers'", "followers"), -18, 90),
        ];
        var closed = (Id: await mira.AddTrack("Private", "private"), Lufs: -5.0, Seconds: 200.0);
        foreach (var (id, lufs, seconds) in open.Append(closed))
            await server.Database.Execute(
                "update track set loudness_lufs = $2, true_peak_dbtp = $2 + 8, duration_ms = $3 where id = $1",
                id,
                (float)lufs,
                (long)(seconds * 1000)
            );
        var album = (await mira.Post("/api/v1/albums", new { Title = "Salt", Visibility = "public" }))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();
        Guid[] all = [.. open.Select(t => t.Id), closed.Id];
        (await mira.Put($"/api/v1/albums/{album}/tracks", new { TrackIds = all })).Is(200);
        // Its tracks take the title over in a job; here it is only the name that counts.
        await server.Database.Execute("update track set album = 'Salt' where id = any($1)", all);

        foreach (var listener in new Visitor[] { server.Visitor, davor, mira })
        {
            var audible = listener == mira ? [.. open, closed] : open;
            var expected =
                10 * Math.Log10(audible.Sum(t => t.Seconds * Math.Pow(10, t.Lufs / 10)) / audible.Sum(t => t.Seconds));
            Assert.Equal(expected, await OnTheTrack(listener, heard), 2);
            Assert.Equal(expected, await OnTheStream(listener, heard), 2);
            Assert.Equal(expected, await OnThePage(listener, album), 2);
        }
    }

    [Fact]
    public async Task A_track_that_is_alone_on_its_album_has_no_gain_of_the_album()
    {
        var mira = await server.Register("mira");
        var single = await mira.UploadTrack(await Sounds.Short, ("album", "Single"));
        await mira.Ready(single);
        Assert.False(
            (await mira.Get($"/api/v1/tracks/{single}")).Is(200).Data.TryGetProperty("album_loudness_lufs", out _)
        );
        var gains = (await mira.Get($"/api/v1/tracks/{single}/stream")).Is(200).Data.GetProperty("normalization");
        Assert.Equal(
            (JsonValueKind.Number, JsonValueKind.Null),
            (gains.GetProperty("track_gain_db").ValueKind, gains.GetProperty("album_gain_db").ValueKind)
        );
    }

    private static async Task<double> OnTheTrack(Visitor listener, Guid track) =>
        (await listener.Get($"/api/v1/tracks/{track}")).Is(200).Data.GetProperty("album_loudness_lufs").GetDouble();

    /// <summary>With a target that is quieter than any of them, the gain is the whole way there.</summary>
    private static async Task<double> OnTheStream(Visitor listener, Guid track) =>
        -30
        - (await listener.Get($"/api/v1/tracks/{track}/stream?target_lufs=-30"))
            .Is(200)
            .Data.GetProperty("normalization")
            .GetProperty("album_gain_db")
            .GetDouble();

    private static async Task<double> OnThePage(Visitor listener, Guid album) =>
        (await listener.Get($"/api/v1/albums/{album}")).Is(200).Data.GetProperty("loudness_lufs").GetDouble();
}

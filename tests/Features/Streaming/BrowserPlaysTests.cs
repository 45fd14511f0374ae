using Veza.Tests.Harness;

namespace Veza.Tests.Features.Streaming;

[Trait("Touches", "Objects")]
public sealed class BrowserPlaysTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    /// <summary>
    /// From AAC 128k to AAC 320k: hls.js 1.7.4 cannot go from AAC to FLAC once it plays, which is its own fault.
    /// </summary>
    [Fact]
    public async Task A_browser_plays_ten_seconds_of_an_uploaded_song_and_changes_its_quality()
    {
        var mira = await server.Register("mira");
        var id = await mira.UploadTrack(await Sounds.Long);
        await mira.Ready(id);
        var outcome = await BrowserScript.Run("play.mjs", (await mira.Stream(id)).Text("hls_url"), "10");
        Assert.Empty(outcome.GetProperty("errors").EnumerateArray());
        Assert.Equal(
            ["flac", "mp4a.40.2", "mp4a.40.2"],
            outcome.GetProperty("levels").EnumerateArray().Select(l => l.GetString()!.ToLowerInvariant()).Order()
        );
        Assert.InRange(outcome.GetProperty("played_s").GetDouble(), 10, Sounds.LongS);
        Assert.InRange(outcome.GetProperty("duration_s").GetDouble(), Sounds.LongS - 0.1, Sounds.LongS + 0.1);
        var loaded = outcome.GetProperty("loaded").EnumerateArray().Select(l => l.GetInt32()).Distinct().ToArray();
        Assert.Contains((int)outcome.Number("first"), loaded);
        Assert.Contains((int)outcome.Number("second"), loaded);
        Assert.True(outcome.Number("decoded_bytes") > 0);
    }
}

using Veza.Tests.Harness;
using Veza.Tests.Infrastructure.Media;

namespace Veza.Tests.Features.Tracks.Processing;

/// <summary>What was heard in a file stands on its track.</summary>
[Trait("Touches", "Objects")]
public sealed class HeardOnTheWireTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    [Fact]
    public async Task A_track_tells_its_tempo_its_key_and_the_silence_around_it()
    {
        var mira = await server.Register("mira");
        var song = PlayedSounds.Cadence(64, isMinor: true, 0.005);
        var beats = PlayedSounds.Clicks(125, song.Length / (double)PlayedSounds.RateHz, 0);
        var samples = new short[PlayedSounds.RateHz + song.Length + 2 * PlayedSounds.RateHz];
        for (var i = 0; i < Math.Min(song.Length, beats.Length); i++)
            samples[PlayedSounds.RateHz + i] = (short)Math.Clamp(song[i] + beats[i], -32768, 32767);
        var track = await mira.Ready(
            (await mira.Upload(WavBytes(samples), "heard.wav")).Is(202).Data.GetProperty("id").GetGuid()
        );
        Assert.Equal("E minor", track.Text("musical_key"));
        Assert.InRange(track.GetProperty("musical_key_confidence").GetDouble(), 0.3, 1);
        Assert.InRange(track.GetProperty("bpm").GetDouble(), 124.6, 125.4);
        Assert.InRange(track.GetProperty("bpm_confidence").GetDouble(), 0.3, 1);
        Assert.InRange(track.Number("silence_start_ms"), 995, 1005);
        Assert.InRange(track.Number("silence_end_ms"), 1995, 2005);
    }

    [Fact]
    public async Task An_album_is_as_loud_as_the_mean_of_its_energies_and_peaks_where_its_loudest_track_does()
    {
        var mira = await Actor.Register(server, "albumist");
        var soft = await mira.UploadTrack(
            await Sounds.Notes("soft.flac", 6, "-af", "volume=-12dB"),
            ("album", "Salt Rooms")
        );
        Assert.False((await mira.Ready(soft)).TryGetProperty("album_loudness_lufs", out _));
        var loud = await mira.UploadTrack(await Sounds.Notes("loud.flac", 3), ("album", "salt rooms"));
        await mira.Ready(loud);
        await mira.Ready(await mira.UploadTrack(await Sounds.Short, ("album", "Another")));
        var davor = await Actor.Register(server, "davor");
        await davor.Ready(await davor.UploadTrack(await Sounds.Short, ("album", "Salt Rooms")));

        var (a, b) = (
            (await server.Visitor.Get($"/api/v1/tracks/{soft}")).Is(200).Data,
            (await server.Visitor.Get($"/api/v1/tracks/{loud}")).Is(200).Data
        );
        double Energy(System.Text.Json.JsonElement t) =>
            t.Number("duration_ms") * Math.Pow(10, t.GetProperty("loudness_lufs").GetDouble() / 10);
        var expected = 10 * Math.Log10((Energy(a) + Energy(b)) / (a.Number("duration_ms") + b.Number("duration_ms")));
        foreach (var track in new[] { a, b })
        {
            Assert.InRange(track.GetProperty("album_loudness_lufs").GetDouble(), expected - 0.01, expected + 0.01);
            Assert.Equal(
                b.GetProperty("true_peak_dbtp").GetDouble(),
                track.GetProperty("album_true_peak_dbtp").GetDouble()
            );
        }

        // What others may not hear does not show in what they are told.
        await server.Database.Execute("update track set visibility = 'private' where id = $1", loud);
        Assert.False(
            (await server.Visitor.Get($"/api/v1/tracks/{soft}"))
                .Is(200)
                .Data.TryGetProperty("album_loudness_lufs", out _)
        );
        Assert.True(
            (await mira.Get($"/api/v1/tracks/{soft}")).Is(200).Data.TryGetProperty("album_loudness_lufs", out _)
        );
    }

    private static byte[] WavBytes(short[] samples)
    {
        var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        writer.Write("RIFF"u8);
        writer.Write(36 + 2 * samples.Length);
        writer.Write("WAVEfmt "u8);
        foreach (var number in new[] { 16, 0x0001_0001, PlayedSounds.RateHz, 2 * PlayedSounds.RateHz, 0x0010_0002 })
            writer.Write(number);
        writer.Write("data"u8);
        writer.Write(2 * samples.Length);
        foreach (var sample in samples)
            writer.Write(sample);
        return bytes.ToArray();
    }
}

using System.Text;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Tracks.Processing;

/// <summary>
/// What bad input gets: a refusal at once, or a failed track with a code; and nothing left in storage.
/// </summary>
[Trait("Touches", "Objects")]
public sealed class BadAudioTests(VezaServer server) : IClassFixture<VezaServer>
{
    private async Task FailsWith(string code, byte[] file, string name)
    {
        var mira = await server.Register("mira");
        var id = (await mira.Upload(file, name, ("visibility", "private"))).Is(202).Data.GetProperty("id").GetGuid();
        var track = await mira.Processed(id);
        Assert.Equal((name, "failed", code), (name, track.Text("status"), track.GetProperty("failure").Text("code")));
        Assert.NotEmpty(track.GetProperty("failure").Text("message"));
        Assert.Equal(
            code,
            (await mira.Get($"/api/v1/tracks/{id}/status")).Is(200).Data.GetProperty("failure").Text("code")
        );
        (await mira.Get($"/api/v1/tracks/{id}/stream")).Is(409, "TRACK_FAILED");
        (await mira.Get($"/api/v1/tracks/{id}/waveform")).Is(409, "WAVEFORM_NOT_READY");
        await server.Premises.NothingIsStored($"tracks/{id}/");
    }

    private async Task IsRefused(string code, byte[] file, string name)
    {
        var mira = await server.Register("mira");
        (await mira.Upload(file, name)).Is(422, code);
    }

    [Fact]
    public async Task What_its_first_bytes_give_away_is_refused_at_once()
    {
        await using var lonely = await VezaServer.Start(("VEZA__ROLES", "api"));
        var mira = await lonely.Register("mira");
        (string Code, byte[] File, string Name)[] cases =
        [
            ("FORMAT_UNSUPPORTED", "Dear diary, this is a text."u8.ToArray(), "text.mp3"),
            ("FILE_EMPTY", [], "zero.mp3"),
            (
                "FORMAT_UNSUPPORTED",
                "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"u8.ToArray(),
                "playlist.mp3"
            ),
            ("FORMAT_UNSUPPORTED", "ffconcat version 1.0\nfile /etc/passwd\n"u8.ToArray(), "concat.flac"),
            ("FORMAT_UNSUPPORTED", "<html><script>alert(1)</script>"u8.ToArray(), "page.wav"),
            ("FORMAT_UNSUPPORTED", [0], "one.wav"),
        ];
        foreach (var (code, file, name) in cases)
            (await mira.Upload(file, name)).Is(422, code);
        await lonely.Premises.NothingIsStored();
        Assert.Equal(0, await lonely.Database.Scalar<long>("select count(*) from storage_claim"));
    }

    [Fact]
    public async Task A_truncated_file_fails()
    {
        foreach (var path in new[] { await Sounds.Flac, await Sounds.Wav, await Sounds.Mp3 })
        {
            var whole = await File.ReadAllBytesAsync(path);
            await FailsWith("AUDIO_CORRUPT", whole[..(whole.Length / 2)], $"half {Path.GetFileName(path)}");
        }
    }

    [Fact]
    public async Task A_file_of_zero_seconds_fails() =>
        await FailsWith(
            "AUDIO_EMPTY",
            await File.ReadAllBytesAsync(await Sounds.Make("nothing.wav", "-f", "lavfi", "-i", "anullsrc", "-t", "0")),
            "nothing.wav"
        );

    /// <summary>
    /// A tag before the list, and one so long that the list is out of sight: the one is seen through at the door, the
    /// other by the worker.
    /// </summary>
    [Fact]
    public async Task A_playlist_disguised_as_audio_opens_no_other_file()
    {
        var victim = await Sounds.Mp3;
        foreach (
            var list in new[]
            {
                $"#EXTM3U\n#EXT-X-TARGETDURATION:60\n#EXTINF:60,\nfile://{victim}\n#EXT-X-ENDLIST\n",
                $"ffconcat version 1.0\nfile {victim}\n",
            }
        )
        {
            await IsRefused(
                "FORMAT_UNSUPPORTED",
                [.. "ID3\u0004\0\0\0\0\0\0"u8, .. Encoding.UTF8.GetBytes(list)],
                "tagged.mp3"
            );
            await FailsWith(
                "NOT_AUDIO",
                [.. "ID3\u0004\0\0"u8, 0, 0, 0x40, 0, .. new byte[8192], .. Encoding.UTF8.GetBytes(list)],
                "hidden.mp3"
            );
        }
    }

    [Fact]
    public async Task Twenty_hours_of_silence_fail()
    {
        var day = await Sounds.Make(
            "day.flac",
            "-f",
            "lavfi",
            "-i",
            "anullsrc=r=8000:cl=mono:nb_samples=65535",
            "-t",
            "72000",
            "-c:a",
            "flac",
            "-compression_level",
            "0",
            "-frame_size",
            "65535"
        );
        await FailsWith("AUDIO_TOO_LONG", await File.ReadAllBytesAsync(day), "day.flac");
    }

    [Fact]
    public async Task A_video_fails()
    {
        var video = await Sounds.Make(
            "video.m4a",
            "-f",
            "lavfi",
            "-i",
            "testsrc2=s=64x64:d=1",
            "-f",
            "lavfi",
            "-i",
            "sine=d=1",
            "-c:v",
            "libx264",
            "-c:a",
            "aac",
            "-f",
            "ipod"
        );
        await FailsWith("HAS_VIDEO", await File.ReadAllBytesAsync(video), "video.m4a");
    }
}

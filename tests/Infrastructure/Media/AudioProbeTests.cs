using Veza.Infrastructure.Media;

namespace Veza.Tests.Infrastructure.Media;

public sealed class AudioProbeTests(Recordings recordings) : IClassFixture<Recordings>
{
    [Fact]
    public async Task A_file_tells_what_it_is_and_what_it_is_called()
    {
        var path = await recordings.Notes(
            "tagged.flac",
            96000,
            3,
            "-sample_fmt",
            "s32",
            "-metadata",
            "title= Nöcturne 夜 ",
            "-metadata",
            "artist=Mira",
            "-metadata",
            "album=Nights",
            "-metadata",
            "genre=House",
            "-metadata",
            "date=2024",
            "-metadata",
            "track=3"
        );
        var facts = await recordings.Probe(path);
        Assert.Equal(
            ("flac", "flac", 96000, 2, 24, true),
            (facts.Container, facts.Codec, facts.SampleRateHz, facts.Channels, facts.BitsPerSample, facts.IsLossless)
        );
        Assert.Equal(new AudioTags("Nöcturne 夜", "Mira", "Nights", "House", "2024", "3", null), facts.Tags);
        Assert.InRange(facts.DurationMs, 2900, 3010);
    }

    [Fact]
    public async Task A_cover_is_no_video()
    {
        var cover = await recordings.Make("cover.png", "-f", "lavfi", "-i", "testsrc2=s=64x64", "-frames:v", "1");
        foreach (
            var (name, coder) in new[] { ("cover.mp3", "libmp3lame"), ("cover.m4a", "aac"), ("cover.flac", "flac") }
        )
        {
            var sound = await recordings.Notes($"without-{name}", 44100, 1, "-c:a", coder);
            var path = await recordings.Make(
                name,
                "-i",
                sound,
                "-i",
                cover,
                "-map",
                "0",
                "-map",
                "1",
                "-c",
                "copy",
                "-disposition:v",
                "attached_pic"
            );
            Assert.Equal(44100, (await recordings.Probe(path)).SampleRateHz);
        }
    }

    [Fact]
    public async Task What_is_no_sound_is_refused()
    {
        Assert.Equal("AUDIO_EMPTY", await recordings.RefusalOf(recordings.Write("zero.mp3", [])));
        Assert.Equal("NOT_AUDIO", await recordings.RefusalOf(recordings.Write("text.mp3", "just some text"u8)));
        Assert.Equal(
            "AUDIO_EMPTY",
            await recordings.RefusalOf(await recordings.Make("nothing.wav", "-f", "lavfi", "-i", "anullsrc", "-t", "0"))
        );
        var video = await recordings.Make(
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
        Assert.Equal("HAS_VIDEO", await recordings.RefusalOf(video));
        Assert.Equal(
            "UNSUPPORTED_CODEC",
            await recordings.RefusalOf(await recordings.Notes("adpcm.wav", 44100, 1, "-c:a", "adpcm_ms"))
        );
        Assert.Equal(
            "AUDIO_TOO_MANY_CHANNELS",
            await recordings.RefusalOf(await recordings.Notes("wide.wav", 44100, 1, "-ac", "16"))
        );
        Assert.Equal(
            "AUDIO_SAMPLE_RATE_UNSUPPORTED",
            await recordings.RefusalOf(await recordings.Notes("slow.wav", 4000, 1))
        );
    }

    [Fact]
    public async Task A_file_cut_in_half_is_refused()
    {
        (string Name, string[] Coder)[] cases =
        [
            ("cut-cbr.mp3", ["-c:a", "libmp3lame", "-b:a", "128k"]),
            ("cut-vbr.mp3", ["-c:a", "libmp3lame", "-q:a", "4"]),
            ("cut.flac", ["-c:a", "flac"]),
            ("cut.wav", []),
            ("cut.aiff", []),
            ("cut-end.m4a", ["-c:a", "aac"]),
            ("cut-front.m4a", ["-c:a", "aac", "-movflags", "+faststart"]),
            ("cut.ogg", ["-c:a", "libvorbis"]),
            ("cut.opus", ["-c:a", "libopus"]),
        ];
        foreach (var (name, coder) in cases)
        {
            var whole = await File.ReadAllBytesAsync(
                await recordings.Notes(name, 44100, 4, coder),
                TestContext.Current.CancellationToken
            );
            Assert.Equal(
                (name, "AUDIO_CORRUPT"),
                (name, await recordings.RefusalOf(recordings.Write($"half-{name}", whole.AsSpan(0, whole.Length / 2))))
            );
        }
    }

    [Fact]
    public async Task Twenty_hours_of_silence_are_refused_and_so_is_a_header_that_hides_them()
    {
        var path = await recordings.Make(
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
        Assert.Equal("AUDIO_TOO_LONG", await recordings.RefusalOf(path));

        var lying = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        // STREAMINFO's sample count: the low 36 bits before the MD5. 40,000 samples are five seconds.
        lying[21] &= 0xF0;
        new byte[] { 0, 0, 0x9C, 0x40 }.CopyTo(lying, 22);
        Assert.Equal("AUDIO_TOO_LONG", await recordings.RefusalOf(recordings.Write("lying.flac", lying)));
    }

    [Fact]
    public async Task A_guessed_length_is_no_promise()
    {
        // Loud for two seconds, then silent: without an index, the first frames let it seem several times as short.
        var path = await recordings.Make(
            "frontloaded.mp3",
            "-f",
            "lavfi",
            "-i",
            "anoisesrc=a=0.5:d=2,apad=whole_dur=40",
            "-c:a",
            "libmp3lame",
            "-q:a",
            "2",
            "-write_xing",
            "0"
        );
        Assert.InRange((await recordings.Probe(path)).DurationMs, 39_900, 40_200);
        var reversed = await recordings.Make(
            "backloaded.mp3",
            "-i",
            path,
            "-af",
            "areverse",
            "-c:a",
            "libmp3lame",
            "-q:a",
            "2",
            "-write_xing",
            "0"
        );
        Assert.InRange((await recordings.Probe(reversed)).DurationMs, 39_900, 40_200);
    }
}

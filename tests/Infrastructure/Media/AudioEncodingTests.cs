using Veza.Infrastructure.Media;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Media;

public sealed class AudioEncodingTests(Recordings recordings) : IClassFixture<Recordings>
{
    [Fact]
    public async Task Segments_add_up_to_the_sound_and_begin_together_in_every_rendition()
    {
        (string Name, int RateHz, double Seconds, string[] Output, int LossyHz, int LosslessHz, int Bits)[] cases =
        [
            ("a.wav", 44100, 10, [], 44100, 44100, 16),
            ("b.flac", 48000, 7.5, ["-sample_fmt", "s32"], 48000, 48000, 24),
            ("c.flac", 96000, 6.1, ["-sample_fmt", "s32"], 48000, 96000, 24),
            ("d.wav", 22050, 61.234, ["-ac", "1"], 44100, 44100, 16),
            ("e.wav", 192000, 6.3, ["-c:a", "pcm_f32le"], 48000, 192000, 24),
            ("f.mp3", 8000, 5, ["-c:a", "libmp3lame"], 48000, 48000, 16),
            ("g.m4a", 88200, 5, ["-sample_fmt", "s32p", "-c:a", "alac"], 44100, 88200, 24),
        ];
        foreach (var (name, rateHz, seconds, output, lossyHz, losslessHz, bits) in cases)
        {
            var ladder = (await recordings.Encode(await recordings.Notes(name, rateHz, seconds, output))).Ladder;
            Assert.Equal(["128k", "320k", "lossless"], ladder.Renditions.Select(r => r.Quality));
            Assert.Equal(
                (lossyHz, lossyHz, losslessHz, bits),
                (
                    ladder.SampleRateHz,
                    ladder.Renditions[0].SampleRateHz,
                    ladder.Renditions[2].SampleRateHz,
                    ladder.Renditions[2].BitsPerSample
                )
            );
            Assert.InRange(ladder.SampleCount / (double)lossyHz, seconds - 1024d / lossyHz, seconds + 1024d / lossyHz);
            foreach (var rendition in ladder.Renditions)
            {
                Assert.Equal(rendition.SampleRateHz, rendition.Timescale);
                Assert.InRange(
                    rendition.Segments.Sum(s => s.Duration) / (double)rendition.Timescale,
                    seconds - 1024d / lossyHz,
                    seconds + 1024d / lossyHz
                );
                Assert.Equal(Starts(ladder.Renditions[0]), Starts(rendition));
                AssertContiguous(rendition);
            }
        }
    }

    [Fact]
    public async Task Every_file_plays_to_its_end_and_its_index_is_true()
    {
        var path = await recordings.Notes("whole.wav", 44100, 9.3);
        await recordings.In(
            path,
            async (sandbox, work) =>
            {
                var told = new List<double>();
                var encoded = await AudioEncoding.Run(
                    sandbox,
                    work,
                    await AudioProbe.Read(sandbox, work, CancellationToken.None),
                    told.Add,
                    CancellationToken.None
                );
                foreach (var rendition in encoded.Ladder.Renditions)
                {
                    var file = work.DonePath(rendition.FileName);
                    Assert.Equal(rendition.SizeBytes, new FileInfo(file).Length);
                    // ffmpeg does not mind the edit list of a fragmented file: it gives the coder's delay and padding
                    // too.
                    Assert.Equal(
                        410_130 + rendition.EncoderDelaySamples + rendition.PaddingSamples,
                        await Recordings.DecodedSamples(file)
                    );
                    await using var stream = File.OpenRead(file);
                    Assert.Equal(rendition.Segments, CmafIndex.Read(stream).Segments);
                }

                Assert.Equal(1024, encoded.Ladder.Renditions[0].EncoderDelaySamples);
                Assert.Equal(410_130, encoded.Ladder.SampleCount);
                Assert.Equal(9300, encoded.Ladder.DurationMs);
                Assert.Equal(1603, encoded.Analysis.Waveform[0].Length);
                Assert.InRange(encoded.Loudness.IntegratedLufs!.Value, -16, -8);
                Assert.Equal(told.Order(), told);
                Assert.Equal(1, told[^1]);
                return true;
            }
        );
    }

    [Fact]
    public async Task The_same_sound_gives_the_same_bytes()
    {
        var path = await recordings.Notes("twice.wav", 44100, 2);
        var hashes = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            hashes.Add(
                await recordings.In(
                    path,
                    async (sandbox, work) =>
                    {
                        var encoded = await AudioEncoding.Run(
                            sandbox,
                            work,
                            await AudioProbe.Read(sandbox, work, CancellationToken.None),
                            null,
                            CancellationToken.None
                        );
                        return string.Concat(
                            encoded.Ladder.Renditions.Select(r =>
                                Convert.ToHexString(
                                    System.Security.Cryptography.SHA256.HashData(
                                        File.ReadAllBytes(work.DonePath(r.FileName))
                                    )
                                )
                            )
                        );
                    }
                )
            );
        }

        Assert.Equal(hashes[0], hashes[1]);
    }

    [Fact]
    public async Task A_glitch_and_a_tag_behind_the_end_pass_but_a_hole_does_not()
    {
        var whole = await File.ReadAllBytesAsync(
            await recordings.Notes("smooth.mp3", 44100, 12, "-c:a", "libmp3lame", "-b:a", "128k"),
            TestContext.Current.CancellationToken
        );
        var glitch = whole.AsSpan().ToArray();
        glitch.AsSpan(100_000, 300).Clear();
        Assert.InRange(
            (await recordings.Encode(recordings.Write("glitch.mp3", [.. glitch, .. "TAG"u8, .. new byte[125]])))
                .Ladder
                .DurationMs,
            11_800,
            12_100
        );

        var flac = await File.ReadAllBytesAsync(
            await recordings.Notes("smooth.flac", 44100, 6),
            TestContext.Current.CancellationToken
        );
        new Random(1).NextBytes(flac.AsSpan(flac.Length / 3, flac.Length / 4));
        Assert.Equal("AUDIO_CORRUPT", await recordings.RefusalOf(recordings.Write("hole.flac", flac)));
    }

    [Fact]
    public async Task Surround_is_mixed_down_and_silence_has_no_loudness()
    {
        var surround = await recordings.Make(
            "surround.wav",
            "-f",
            "lavfi",
            "-i",
            "sine=d=1,pan=5.1|c0=c0|c1=c0|c2=c0|c3=c0|c4=c0|c5=c0"
        );
        Each.Of(
            (await recordings.Encode(surround)).Ladder.Renditions,
            rendition => Assert.Equal(2, rendition.Channels)
        );
        var silence = await recordings.Encode(
            await recordings.Make("silence.wav", "-f", "lavfi", "-i", "anullsrc=r=44100:cl=mono", "-t", "1")
        );
        Assert.Equal(new Loudness(null, 0, null), silence.Loudness);
        Each.Of(silence.Ladder.Renditions, rendition => Assert.Equal(1, rendition.Channels));
    }

    /// <summary>In seconds, exact: rates of one family divide each other.</summary>
    private static decimal[] Starts(AudioRendition rendition)
    {
        long at = 0;
        return
        [
            .. rendition
                .Segments.Select(segment => (at += segment.Duration) - segment.Duration)
                .Select(start => start / (decimal)rendition.Timescale),
        ];
    }

    private static void AssertContiguous(AudioRendition rendition)
    {
        for (var i = 1; i < rendition.Segments.Length; i++)
            Assert.Equal(
                rendition.Segments[i - 1].Offset + rendition.Segments[i - 1].Size,
                rendition.Segments[i].Offset
            );
        Assert.True(rendition.Init.Size < rendition.Segments[0].Offset);
        Assert.Equal(rendition.SizeBytes, rendition.Segments[^1].Offset + rendition.Segments[^1].Size);
        Assert.True(rendition.AverageBandwidthBps <= rendition.PeakBandwidthBps);
    }
}

using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Streaming;

/// <summary>
/// Two tracks that were one recording are one again, to the sample, for a player that minds what the stream says of
/// delay and length.
/// </summary>
[Trait("Touches", "Objects")]
public sealed class GaplessTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    // No multiple of any frame or block.
    private const int CutAt = 200_003;

    [Fact]
    public async Task Two_halves_of_a_recording_join_without_a_gap_and_without_a_sample_too_many()
    {
        var recording = await Tools.Samples(await Sounds.Wav);
        var mira = await server.Register("mira");
        var ids = new[]
        {
            await Upload(mira, recording[..(CutAt * 2)], "one.wav"),
            await Upload(mira, recording[(CutAt * 2)..], "two.wav"),
        };
        var streams = new List<JsonElement>();
        foreach (var id in ids)
        {
            await mira.Ready(id);
            streams.Add(await mira.Stream(id));
        }

        foreach (var quality in new[] { "128k", "320k", "lossless" })
        {
            var joined = new List<short>();
            foreach (var stream in streams)
                joined.AddRange(
                    await Heard(
                        stream.GetProperty("variants").EnumerateArray().Single(v => v.Text("quality") == quality)
                    )
                );
            Assert.Equal((quality, recording.Length), (quality, joined.Count));
            if (quality == "lossless")
                Assert.Equal(recording, joined);
            else
                AssertJoined(recording, [.. joined]);
        }
    }

    private static async Task<Guid> Upload(Actor mira, short[] samples, string name)
    {
        var path = Path.Combine(TestRun.NewFolder("half"), name);
        await using (var wav = new BinaryWriter(File.Create(path)))
        {
            wav.Write("RIFF"u8);
            wav.Write(36 + samples.Length * 2);
            wav.Write("WAVEfmt "u8);
            wav.Write(16);
            wav.Write((short)1);
            wav.Write((short)2);
            wav.Write(44_100);
            wav.Write(44_100 * 4);
            wav.Write((short)4);
            wav.Write((short)16);
            wav.Write("data"u8);
            wav.Write(samples.Length * 2);
            wav.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes<short>(samples));
        }

        return await mira.UploadTrack(path);
    }

    /// <summary>The whole file decoded, without what its coder put before the sound and behind it.</summary>
    private static async Task<short[]> Heard(JsonElement variant)
    {
        var decoded = await Tools.Samples(variant.Text("url"));
        var (delay, count, padding) = (
            variant.Number("encoder_delay_samples"),
            variant.Number("sample_count"),
            variant.Number("padding_samples")
        );
        Assert.Equal((delay + count + padding) * 2, decoded.Length);
        return decoded[(int)(delay * 2)..(int)((delay + count) * 2)];
    }

    /// <summary>
    /// On either side of the join the coded sound is most like the recording where it stands, and not a sample earlier
    /// or later.
    /// </summary>
    private static void AssertJoined(short[] recording, short[] joined)
    {
        const int window = 4096,
            lagMax = 48;
        foreach (var start in new[] { CutAt - window, CutAt - window / 2, CutAt })
        {
            var likeness = Enumerable
                .Range(-lagMax, 2 * lagMax + 1)
                .Select(lag => Correlation(recording, joined, start, window, lag))
                .ToArray();
            Assert.Equal((start, 0), (start, Array.IndexOf(likeness, likeness.Max()) - lagMax));
            Assert.True(likeness[lagMax] > 0.99, $"At {start} the likeness is {likeness[lagMax]}.");
        }
    }

    private static double Correlation(short[] one, short[] other, int start, int window, int lag)
    {
        double both = 0,
            first = 0,
            second = 0;
        for (var i = 0; i < window; i++)
        {
            double a = one[(start + i) * 2],
                b = other[(start + i + lag) * 2];
            both += a * b;
            first += a * a;
            second += b * b;
        }

        return both / Math.Sqrt(first * second);
    }
}

using System.Buffers.Binary;
using System.Text;

namespace Veza.Bench.Fuzz;

/// <summary>
/// Sound whose headers lie: about sizes, counts, rates and lengths. Each ends as a track or as a named refusal, soon
/// and in bounded memory.
/// </summary>
internal static class CraftedHeaders
{
    internal static IEnumerable<AudioCase> All(SeedSounds seeds) =>
        [.. Waves(seeds), .. Tags(seeds), .. Boxes(seeds), .. Frames(seeds), .. Strangers(seeds)];

    private static IEnumerable<AudioCase> Waves(SeedSounds seeds)
    {
        var wav = seeds.Bytes("a.wav");
        yield return new("WAV of 65,535 channels", With(wav, 22, 0xFF, 0xFF));
        yield return new("WAV of 0 Hz", With(wav, 24, 0, 0, 0, 0));
        yield return new("WAV of 4 GHz", With(wav, 24, 0xFF, 0xFF, 0xFF, 0xFF));
        yield return new("WAV of 0 bits", With(wav, 34, 0, 0));
        yield return new("WAV of 255 bits", With(wav, 34, 255, 0));
        yield return new("WAV with blocks of no bytes", With(wav, 32, 0, 0));
        yield return new("WAV with MP3 inside", With(wav, 20, 0x55, 0));
        yield return new("WAV with GSM inside", With(wav, 20, 0x31, 0));
        yield return new(
            "WAV with data of 4 GiB",
            With(wav, wav.AsSpan().IndexOf("data"u8) + 4, 0xFE, 0xFF, 0xFE, 0xFF)
        );
        yield return new(
            "WAV of a million empty chunks",
            [
                .. wav.AsSpan(0, 12),
                .. Enumerable.Repeat("junk\0\0\0\0"u8.ToArray(), 1_000_000).SelectMany(c => c),
                .. wav.AsSpan(12),
            ]
        );
        yield return new("RF64 without its sizes", With(wav, 0, "RF64"u8.ToArray()));
        yield return new(
            "AIFF of a rate that is no number",
            With(
                seeds.Bytes("a.aiff"),
                seeds.Bytes("a.aiff").AsSpan().IndexOf("COMM"u8) + 16,
                0x7F,
                0xFF,
                0xFF,
                0xFF,
                0xFF,
                0xFF,
                0xFF,
                0xFF,
                0xFF,
                0xFF
            )
        );
        yield return new(
            "AIFF of 4 billion frames",
            With(seeds.Bytes("a.aiff"), seeds.Bytes("a.aiff").AsSpan().IndexOf("COMM"u8) + 10, 0xFF, 0xFF, 0xFF, 0xFF)
        );
    }

    private static IEnumerable<AudioCase> Tags(SeedSounds seeds)
    {
        var mp3 = seeds.Bytes("a.mp3");
        yield return new("ID3 tag longer than the file", [.. "ID3\u0004\0\0"u8, 0x7F, 0x7F, 0x7F, 0x7F, .. mp3]);
        yield return new(
            "ten thousand ID3 tags",
            [.. Enumerable.Repeat(CraftedLists.Id3(16), 10_000).SelectMany(t => t), .. mp3]
        );
        yield return new(
            "ID3 text frame of 8 MiB",
            [.. CraftedLists.Frame("TIT2", [3, .. Enumerable.Repeat((byte)'A', 8 << 20)]), .. mp3]
        );
        yield return new(
            "ID3 title with controls and halves of characters",
            [.. CraftedLists.Frame("TIT2", [1, 0xFF, 0xFE, 0, 0xD8, 0, 0, 7, 0, 27, 0]), .. mp3]
        );
        yield return new(
            "cover of 65,535 x 65,535 pixels",
            [.. CraftedLists.Frame("APIC", [0, .. "image/png\0"u8, 3, 0, .. Png(65_535, 65_535)]), .. mp3]
        );
        yield return new(
            "cover that is a page",
            [
                .. CraftedLists.Frame(
                    "APIC",
                    [
                        0,
                        .. "image/svg+xml\0"u8,
                        3,
                        0,
                        .. "<svg onload=alert(1)><image href='file:///etc/passwd'/></svg>"u8,
                    ]
                ),
                .. mp3,
            ]
        );
        yield return new(
            "Xing header of 4 billion frames",
            With(mp3, At(mp3, "Info", "Xing") + 8, 0xFF, 0xFF, 0xFF, 0xFF)
        );
    }

    private static IEnumerable<AudioCase> Boxes(SeedSounds seeds)
    {
        var m4a = seeds.Bytes("a.m4a");
        yield return new("MP4 of timescale 0", With(m4a, m4a.AsSpan().IndexOf("mdhd"u8) + 16, 0, 0, 0, 0));
        yield return new(
            "MP4 of 4 billion samples",
            With(m4a, m4a.AsSpan().IndexOf("stsz"u8) + 12, 0xFF, 0xFF, 0xFF, 0xFF)
        );
        yield return new(
            "MP4 of 4 billion durations",
            With(m4a, m4a.AsSpan().IndexOf("stts"u8) + 8, 0xFF, 0xFF, 0xFF, 0xFF)
        );
        yield return new(
            "MP4 of 4 billion edits",
            With(m4a, m4a.AsSpan().IndexOf("elst"u8) + 8, 0xFF, 0xFF, 0xFF, 0xFF)
        );
        yield return new(
            "MP4 that lasts 136 years",
            With(m4a, m4a.AsSpan().IndexOf("stts"u8) + 16, 0xFF, 0xFF, 0xFF, 0xF0)
        );
        yield return new(
            "MP4 whose samples lie behind the end",
            With(m4a, m4a.AsSpan().IndexOf("stco"u8) + 12, 0x7F, 0xFF, 0xFF, 0)
        );
        yield return new("MP4 of ten thousand nested boxes", Nested(10_000));
        yield return new("MP4 box of no size", [.. m4a.AsSpan(0, 32), 0, 0, 0, 0, .. "moov"u8, .. m4a.AsSpan(32)]);
    }

    private static IEnumerable<AudioCase> Frames(SeedSounds seeds)
    {
        var (flac, ogg, opus, mp3, adts) = (
            seeds.Bytes("a.flac"),
            seeds.Bytes("a.ogg"),
            seeds.Bytes("a.opus"),
            seeds.Bytes("a.mp3"),
            seeds.Bytes("a.aac")
        );
        yield return new("FLAC of 2^36 samples", With(flac, 21, (byte)(flac[21] | 0x0F), 0xFF, 0xFF, 0xFF, 0xFF));
        yield return new("FLAC of blocks of 0", With(flac, 8, 0, 0, 0, 0));
        yield return new("FLAC of 0 Hz", With(flac, 18, 0, 0, (byte)(flac[20] & 0x0F)));
        yield return new(
            "FLAC whose metadata never end",
            [
                .. "fLaC"u8,
                .. flac.AsSpan(4, 38),
                .. Enumerable.Repeat(new byte[] { 1, 0, 0, 0 }, 500_000).SelectMany(b => b),
            ]
        );
        yield return new("Ogg of five hundred streams", [.. Enumerable.Repeat(ogg, 500).SelectMany(o => o)]);
        yield return new("Ogg and Opus in one", [.. ogg, .. opus]);
        yield return new("Ogg without its second page", [.. ogg.AsSpan(0, 58), .. ogg.AsSpan(ogg.Length / 2)]);
        yield return new(
            "Opus 128 dB too loud, without its beginning",
            With(opus, opus.AsSpan().IndexOf("OpusHead"u8) + 10, 0xFF, 0xFF, 0x44, 0xAC, 0, 0, 0xFF, 0x7F)
        );
        yield return new("Opus of mapping family 255", With(opus, opus.AsSpan().IndexOf("OpusHead"u8) + 18, 255));
        yield return new("MP3 that becomes ADTS", [.. mp3.AsSpan(0, mp3.Length / 2), .. adts]);
        yield return new(
            "ADTS of frames of 7 bytes",
            [.. Enumerable.Repeat(new byte[] { 0xFF, 0xF1, 0x50, 0x80, 0x00, 0xFF, 0xFC }, 200_000).SelectMany(f => f)]
        );
    }

    private static IEnumerable<AudioCase> Strangers(SeedSounds seeds)
    {
        var mp3 = seeds.Bytes("a.mp3");
        yield return new("a page before an MP3", [.. "<html><script>alert(1)</script>"u8, .. mp3]);
        yield return new(
            "an MP3 before an archive",
            [.. mp3, .. "PK\u0003\u0004"u8, .. new byte[200], .. "PK\u0005\u0006"u8, .. new byte[18]]
        );
        yield return new(
            "a PDF in a WAV",
            [.. seeds.Bytes("a.wav"), .. "%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n%%EOF"u8]
        );
        yield return new("noise", Enumerable.Range(0, 1 << 20).Select(i => (byte)(i * 2_654_435_761L >> 13)).ToArray());
        yield return new("zeros", new byte[1 << 20]);
        yield return new("FLAC's name alone", "fLaC"u8.ToArray());
    }

    private static int At(byte[] bytes, params string[] names) =>
        names.Select(n => bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(n))).First(at => at >= 0);

    private static byte[] With(byte[] seed, int at, params byte[] patch)
    {
        byte[] bytes = [.. seed];
        patch.CopyTo(bytes, at);
        return bytes;
    }

    private static byte[] Nested(int depth)
    {
        var bytes = new List<byte>("\0\0\0\u0014ftypM4A \0\0\0\0M4A "u8.ToArray());
        for (var left = depth; left > 0; left--)
            bytes.AddRange([.. CraftedLists.Long(8 * left), .. left == depth ? "moov"u8 : "udta"u8]);
        return [.. bytes];
    }

    private static byte[] Png(uint width, uint height)
    {
        byte[] png =
        [
            0x89,
            .. "PNG\r\n\u001a\n"u8,
            0,
            0,
            0,
            13,
            .. "IHDR"u8,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            8,
            6,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
        ];
        BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(16), width);
        BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(20), height);
        return png;
    }
}

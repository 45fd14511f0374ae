using System.Buffers.Binary;
using System.Text;
using Veza.Infrastructure.Media;

namespace Veza.Tests.Infrastructure.Media;

/// <summary>What a file calls itself is read in every format, and in the encodings that were before UTF-8.</summary>
public sealed class AudioTagsTests(Recordings recordings) : IClassFixture<Recordings>
{
    private static readonly string[] Words =
    [
        "-metadata",
        "title=Nöcturne 夜",
        "-metadata",
        "artist=Mira",
        "-metadata",
        "album=Nights",
        "-metadata",
        "genre=House",
        "-metadata",
        "date=2024",
        "-metadata",
        "track=3",
    ];

    [Theory]
    [InlineData("v23.mp3", "-c:a", "libmp3lame", "-id3v2_version", "3")]
    [InlineData("v24.mp3", "-c:a", "libmp3lame", "-id3v2_version", "4")]
    [InlineData("tags.m4a", "-c:a", "aac")]
    [InlineData("tags.flac")]
    [InlineData("tags.wav")]
    [InlineData("tags.aiff", "-write_id3v2", "1")]
    [InlineData("tags.ogg", "-c:a", "libvorbis")]
    [InlineData("tags.opus", "-c:a", "libopus")]
    public async Task Every_format_has_its_tags_read(string name, params string[] output)
    {
        var facts = await recordings.Probe(await recordings.Notes(name, 48000, 1, [.. Words, .. output]));
        Assert.Equal(new AudioTags("Nöcturne 夜", "Mira", "Nights", "House", "2024", "3", null), facts.Tags);
        Assert.False(facts.HasPicture);
    }

    [Fact]
    public async Task The_last_128_bytes_of_an_MP3_are_tags_too_in_Latin_1()
    {
        byte[] tag =
        [
            .. "TAG"u8,
            .. Padded("Nöct"),
            .. Padded("Mira"),
            .. Padded("Nächte"),
            .. "2024"u8,
            .. new byte[29],
            3,
            35,
        ];
        var path = recordings.Write(
            "v1.mp3",
            [.. await Untagged("bare.mp3", "-c:a", "libmp3lame", "-id3v2_version", "0"), .. tag]
        );
        Assert.Equal(
            new AudioTags("Nöct", "Mira", "Nächte", "House", "2024", "3", null),
            (await recordings.Probe(path)).Tags
        );

        static byte[] Padded(string text) => [.. Encoding.Latin1.GetBytes(text), .. new byte[30 - text.Length]];
    }

    [Fact]
    public async Task ID3_is_read_in_Latin_1_and_in_UTF_16_of_either_order_in_MP3_and_in_a_chunk_of_WAV()
    {
        var id3 = Id3(
            ("TIT2", [0, .. Encoding.Latin1.GetBytes("Nöct")]),
            ("TPE1", [1, 0xFF, 0xFE, .. Encoding.Unicode.GetBytes("夜")]),
            ("TALB", [1, 0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes("Nächte")])
        );
        var expected = new AudioTags("Nöct", "夜", "Nächte", null, null, null, null);
        var mp3 = recordings.Write(
            "odd.mp3",
            [.. id3, .. await Untagged("bare.mp3", "-c:a", "libmp3lame", "-id3v2_version", "0")]
        );
        Assert.Equal(expected, (await recordings.Probe(mp3)).Tags);

        var length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, id3.Length);
        byte[] wav = [.. await Untagged("bare.wav"), .. "id3 "u8, .. length, .. id3];
        BinaryPrimitives.WriteInt32LittleEndian(wav.AsSpan(4), wav.Length - 8);
        Assert.Equal(expected, (await recordings.Probe(recordings.Write("odd.wav", wav))).Tags);
    }

    [Fact]
    public void What_is_no_UTF_8_is_taken_for_Latin_1()
    {
        Assert.Equal("夜 Nöct é", LooseUtf8.Of([.. "夜 N"u8, 0xF6, .. "ct "u8, 0xC3, 0xA9]));
        Assert.Equal("\u00E2\u0098", LooseUtf8.Of([0xE2, 0x98]));
        Assert.Equal("", LooseUtf8.Of([]));
    }

    private async Task<byte[]> Untagged(string name, params string[] output) =>
        await File.ReadAllBytesAsync(await recordings.Notes(name, 44100, 1, [.. output, "-bitexact"]));

    /// <summary>ID3v2.3, of an even length.</summary>
    private static byte[] Id3(params (string Name, byte[] Text)[] frames)
    {
        byte[] body =
        [
            .. frames.SelectMany(frame =>
                (byte[])[.. Encoding.ASCII.GetBytes(frame.Name), 0, 0, 0, (byte)frame.Text.Length, 0, 0, .. frame.Text]
            ),
        ];
        if (body.Length % 2 == 1)
            body = [.. body, 0];
        return [.. "ID3"u8, 3, 0, 0, 0, 0, (byte)(body.Length >> 7), (byte)(body.Length & 127), .. body];
    }
}

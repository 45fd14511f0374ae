using Veza.Infrastructure.Media;

namespace Veza.Tests.Infrastructure.Media;

public sealed class AudioSniffTests(Recordings recordings) : IClassFixture<Recordings>
{
    [Fact]
    public async Task Each_format_is_known_by_its_first_bytes()
    {
        (string Name, string[] Coder, AudioKind Kind)[] cases =
        [
            ("a.mp3", ["-c:a", "libmp3lame"], AudioKind.Mp3),
            ("bare.mp3", ["-c:a", "libmp3lame", "-id3v2_version", "0", "-write_xing", "0"], AudioKind.Mp3),
            ("low.mp3", ["-c:a", "libmp3lame", "-ar", "11025", "-id3v2_version", "0"], AudioKind.Mp3),
            ("a.aac", ["-c:a", "aac"], AudioKind.Adts),
            ("a.m4a", ["-c:a", "aac"], AudioKind.Mp4),
            ("a.flac", ["-c:a", "flac"], AudioKind.Flac),
            ("a.wav", [], AudioKind.Wav),
            ("rf64.wav", ["-rf64", "always"], AudioKind.Wav),
            ("a.aiff", [], AudioKind.Aiff),
            ("a.ogg", ["-c:a", "libvorbis"], AudioKind.Ogg),
            ("a.opus", ["-c:a", "libopus"], AudioKind.OggOpus),
        ];
        foreach (var (name, coder, kind) in cases)
        {
            var bytes = await File.ReadAllBytesAsync(
                await recordings.Notes(name, 44100, 0.5, coder),
                TestContext.Current.CancellationToken
            );
            Assert.Equal(
                (name, kind),
                (name, AudioSniff.Of(bytes.AsSpan(0, Math.Min(bytes.Length, AudioSniff.BytesWanted))))
            );
        }
    }

    [Fact]
    public void What_is_no_sound_is_not_taken_for_one()
    {
        byte[][] cases =
        [
            [],
            "hello, world, this is a text"u8.ToArray(),
            "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"u8.ToArray(),
            "ffconcat version 1.0\nfile /etc/passwd\n"u8.ToArray(),
            "<!DOCTYPE html><html>"u8.ToArray(),
            [0x50, 0x4B, 3, 4, 20, 0, 0, 0, 8, 0, 0, 0],
            [0x1A, 0x45, 0xDF, 0xA3, 1, 0, 0, 0, 0, 0, 0, 0x1F],
            [0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10, 0, 0, 0, 13],
            [0xFF, 0xD8, 0xFF, 0xE0, 0, 16, 0x4A, 0x46],
            "RIFF\0\0\0\0AVI LIST"u8.ToArray(),
            [0, 0, 0, 24, .. "ftypheic"u8, 0, 0, 0, 0],
            [0xFF, 0xFE, 0x68, 0, 0x69, 0, 0x0A, 0],
            [.. "ID3\u0004\0\0\0\0\0\0"u8, .. "#EXTM3U\n#EXTINF"u8],
            // A first frame that no second one follows.
            [0xFF, 0xFB, 0x90, 0x64, .. new byte[1000]],
        ];
        foreach (var bytes in cases)
            Assert.Null(AudioSniff.Of(bytes));
    }

    [Fact]
    public void A_tag_that_hides_the_sound_leaves_it_to_the_probe()
    {
        byte[] head = [.. "ID3\u0004\0\0"u8, 0, 0, 0x7F, 0x7F, .. new byte[AudioSniff.BytesWanted - 10]];
        Assert.Equal(AudioKind.Mp3, AudioSniff.Of(head));
    }
}

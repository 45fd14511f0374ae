using System.Buffers.Binary;

namespace Veza.Infrastructure.Media;

/// <summary>
/// Tells a container by its first bytes, never by its name. Text, playlists, archives and video containers are null.
/// </summary>
internal static class AudioSniff
{
    /// <summary>As many first bytes as a caller should offer; fewer are taken too.</summary>
    internal const int BytesWanted = 4096;

    private const int Id3HeaderBytes = 10;
    private const int OggPageHeaderBytes = 27;

    internal static AudioKind? Of(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith("fLaC"u8))
            return AudioKind.Flac;
        if (head.StartsWith("OggS"u8))
            return OfOgg(head);
        if (HasForm(head, "RIFF"u8, "WAVE"u8) || HasForm(head, "RF64"u8, "WAVE"u8))
            return AudioKind.Wav;
        if (HasForm(head, "FORM"u8, "AIFF"u8) || HasForm(head, "FORM"u8, "AIFC"u8))
            return AudioKind.Aiff;
        if (head.Length >= 12 && head[4..8].SequenceEqual("ftyp"u8))
            return IsPicture(head[8..12]) ? null : AudioKind.Mp4;
        if (head.StartsWith("ID3"u8))
            return OfTagged(head);
        return OfFrames(head);
    }

    /// <summary>
    /// An ID3v2 tag may stand before MP3, ADTS and even FLAC. Where a cover pushes the sound out of sight, MP3 it is
    /// called, and the probe decides.
    /// </summary>
    private static AudioKind? OfTagged(ReadOnlySpan<byte> head)
    {
        if (head.Length < Id3HeaderBytes || head[3] is < 2 or > 4 || head[4] == 0xFF)
            return null;
        if (((head[6] | head[7] | head[8] | head[9]) & 0x80) != 0)
            return null;
        var size =
            Id3HeaderBytes
            + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])
            + ((head[5] & 0x10) != 0 ? Id3HeaderBytes : 0);
        if (size + 4 > head.Length)
            return AudioKind.Mp3;
        var sound = head[size..];
        // Some taggers leave zeros behind the tag that its size does not count.
        var padding = sound.IndexOfAnyExcept((byte)0);
        if (padding < 0)
            return AudioKind.Mp3;
        sound = sound[padding..];
        if (sound.StartsWith("fLaC"u8))
            return AudioKind.Flac;
        if (sound.StartsWith("ID3"u8))
            return OfTagged(sound);
        return OfFrames(sound);
    }

    private static AudioKind? OfOgg(ReadOnlySpan<byte> head)
    {
        if (head.Length < OggPageHeaderBytes)
            return null;
        var body = OggPageHeaderBytes + head[26];
        if (head.Length < body + 8)
            return null;
        var packet = head[body..];
        if (packet.StartsWith("OpusHead"u8))
            return AudioKind.OggOpus;
        return packet.StartsWith("\u0001vorbis"u8) ? AudioKind.Ogg : null;
    }

    private static AudioKind? OfFrames(ReadOnlySpan<byte> head)
    {
        if (AdtsFrameBytes(head) is { } adts)
            return FollowedBy(head, adts, AdtsFrameBytes) ? AudioKind.Adts : null;
        if (Mp3FrameBytes(head) is { } mp3)
            return FollowedBy(head, mp3, Mp3FrameBytes) ? AudioKind.Mp3 : null;
        return null;
    }

    /// <summary>Eleven set bits come up by chance: where the second frame can be seen, it must be one too.</summary>
    private static bool FollowedBy(ReadOnlySpan<byte> head, int frameBytes, Func<ReadOnlySpan<byte>, int?> frameAt) =>
        head.Length < frameBytes + 8 || frameAt(head[frameBytes..]) is not null;

    internal static int? Mp3FrameBytes(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < 4)
            return null;
        var header = BinaryPrimitives.ReadUInt32BigEndian(frame);
        var version = header >> 19 & 3; // 0: MPEG 2.5, 2: MPEG 2, 3: MPEG 1
        var layer = header >> 17 & 3; // 1: layer III
        var bitrate = (int)(header >> 12 & 15);
        var rate = (int)(header >> 10 & 3);
        if (header >> 21 != 0x7FF || version == 1 || layer != 1 || bitrate is 0 or 15 || rate == 3)
            return null;
        var bps = 1000 * (version == 3 ? Mpeg1Kbps[bitrate] : Mpeg2Kbps[bitrate]);
        var rateHz =
            Mpeg1RatesHz[rate]
            >> (
                version == 3 ? 0
                : version == 2 ? 1
                : 2
            );
        return (version == 3 ? 144 : 72) * bps / rateHz + (int)(header >> 9 & 1);
    }

    internal static int? AdtsFrameBytes(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < 7 || frame[0] != 0xFF || (frame[1] & 0xF6) != 0xF0)
            return null;
        var rate = frame[2] >> 2 & 15;
        var bytes = (frame[3] & 3) << 11 | frame[4] << 3 | frame[5] >> 5;
        return rate > 12 || bytes < 7 ? null : bytes;
    }

    private static bool HasForm(ReadOnlySpan<byte> head, ReadOnlySpan<byte> group, ReadOnlySpan<byte> form) =>
        head.Length >= 12 && head.StartsWith(group) && head[8..12].SequenceEqual(form);

    /// <summary>HEIF and AVIF share MP4's first box.</summary>
    private static bool IsPicture(ReadOnlySpan<byte> brand) =>
        brand.StartsWith("hei"u8)
        || brand.StartsWith("hev"u8)
        || brand.SequenceEqual("mif1"u8)
        || brand.StartsWith("avi"u8);

    private static ReadOnlySpan<int> Mpeg1Kbps => [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
    private static ReadOnlySpan<int> Mpeg2Kbps => [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
    private static ReadOnlySpan<int> Mpeg1RatesHz => [44100, 48000, 32000];
}

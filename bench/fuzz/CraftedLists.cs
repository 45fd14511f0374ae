using System.Buffers.Binary;
using System.Text;

namespace Veza.Bench.Fuzz;

/// <summary>
/// Files that are no sound but point at one: playlists and their kin, in disguise. None may make the tools open what
/// they name.
/// </summary>
internal static class CraftedLists
{
    private const string Hls = "#EXTM3U\n#EXT-X-TARGETDURATION:60\n#EXTINF:60,\n{target}\n#EXT-X-ENDLIST\n";

    internal static IEnumerable<AudioCase> All(Canary canary, SeedSounds seeds)
    {
        string[] targets =
        [
            "file://{file}",
            "{file}",
            "{url}",
            "concat:{file}|{file}",
            "subfile,,start,0,end,0,,:{file}",
            "tcp://127.0.0.1:9",
            "data:audio/wav;base64,UklGRg==",
            "crypto:file://{file}",
        ];
        foreach (var target in targets)
            yield return new($"HLS to {target}", canary.Says(To(target)));
        yield return new(
            "HLS with a key from elsewhere",
            canary.Says("#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"{url}\"\n#EXTINF:9,\n{file}\n#EXT-X-ENDLIST\n")
        );
        yield return new(
            "HLS with a map from elsewhere",
            canary.Says("#EXTM3U\n#EXT-X-MAP:URI=\"file://{file}\"\n#EXTINF:9,\n{file}\n#EXT-X-ENDLIST\n")
        );
        yield return new("HLS behind a byte order mark", [0xEF, 0xBB, 0xBF, .. canary.Says(To("{file}"))]);
        yield return new("HLS behind an ID3 tag", [.. Id3(64), .. canary.Says(To("file://{file}"))]);
        yield return new("HLS behind a long ID3 tag", [.. Id3(16_384), .. canary.Says(To("file://{file}"))]);
        yield return new("ffconcat", canary.Says("ffconcat version 1.0\nfile {file}\n"));
        yield return new(
            "ffconcat behind a long ID3 tag",
            [.. Id3(16_384), .. canary.Says("ffconcat version 1.0\nfile {file}\n")]
        );
        yield return new("M3U", canary.Says("{file}\n"));
        yield return new("PLS", canary.Says("[playlist]\nFile1={file}\nNumberOfEntries=1\n"));
        yield return new(
            "XSPF",
            canary.Says(
                "<?xml version=\"1.0\"?><playlist version=\"1\"><trackList><track><location>file://{file}</location></track></trackList></playlist>"
            )
        );
        yield return new(
            "DASH",
            canary.Says(
                "<?xml version=\"1.0\"?><MPD type=\"static\"><Period><AdaptationSet mimeType=\"audio/mp4\"><Representation><BaseURL>{url}</BaseURL></Representation></AdaptationSet></Period></MPD>"
            )
        );
        yield return new("SMIL", canary.Says("<smil><body><audio src=\"{file}\"/></body></smil>"));
        yield return new(
            "XML with an entity from a file",
            canary.Says("<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY x SYSTEM \"file://{file}\">]><a>&x;</a>")
        );
        yield return new(
            "SDP",
            canary.Says("v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n")
        );
        yield return new("cue sheet", canary.Says("FILE \"{file}\" WAVE\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n"));
        yield return new("MP4 whose data are another file's", Referring(canary, seeds.Bytes("a.m4a")));
        yield return new(
            "QuickTime reference movie",
            Box("ftyp", "qt  \0\0\0\0qt  "u8.ToArray())
                .Concat(
                    Box(
                        "moov",
                        Box(
                            "rmra",
                            Box(
                                "rmda",
                                Box(
                                    "rdrf",
                                    [
                                        0,
                                        0,
                                        0,
                                        0,
                                        .. "url "u8,
                                        .. Long(canary.FilePath.Length + 1),
                                        .. canary.Says("{file}"),
                                        0,
                                    ]
                                )
                            )
                        )
                    )
                )
                .ToArray()
        );
        yield return new(
            "ID3 picture by its address",
            [.. Frame("APIC", [0, .. "-->\0"u8, 3, 0, .. canary.Says("{url}")]), .. seeds.Bytes("a.mp3")]
        );
        yield return new(
            "ID3 link to a file",
            [.. Frame("WXXX", [0, 0, .. canary.Says("file://{file}")]), .. seeds.Bytes("a.mp3")]
        );
    }

    private static string To(string target) => Hls.Replace("{target}", target, StringComparison.Ordinal);

    /// <summary>An ID3v2.4 tag of zeros.</summary>
    internal static byte[] Id3(int bytes) => [.. "ID3\u0004\0\0"u8, .. Synchsafe(bytes), .. new byte[bytes]];

    /// <summary>An ID3v2.4 tag with one frame.</summary>
    internal static byte[] Frame(string id, byte[] body)
    {
        byte[] frame = [.. Encoding.ASCII.GetBytes(id), .. Synchsafe(body.Length), 0, 0, .. body];
        return [.. "ID3\u0004\0\0"u8, .. Synchsafe(frame.Length), .. frame];
    }

    internal static byte[] Box(string type, byte[] body) =>
        [.. Long(8 + body.Length), .. Encoding.ASCII.GetBytes(type), .. body];

    internal static byte[] Long(int number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        return bytes;
    }

    private static byte[] Synchsafe(int number) =>
        [(byte)(number >> 21 & 127), (byte)(number >> 14 & 127), (byte)(number >> 7 & 127), (byte)(number & 127)];

    /// <summary>
    /// The data reference says "this file" by a flag; without it, and with a path behind, the samples are to be found
    /// there.
    /// </summary>
    private static byte[] Referring(Canary canary, byte[] mp4)
    {
        var at = mp4.AsSpan().IndexOf("url "u8);
        if (at < 0)
            throw new InvalidOperationException("The seed has no data reference.");
        byte[] path = [.. canary.Says("file://{file}"), 0];
        byte[] grown = [.. mp4.AsSpan(0, at + 4), 0, 0, 0, 0, .. path, .. mp4.AsSpan(at + 8)];
        // Every box around it grows with it; the sample offsets do not matter, since the samples are said to be
        // elsewhere.
        foreach (var parent in new[] { "url ", "dref", "dinf", "minf", "mdia", "trak", "moov" })
        {
            var place = grown.AsSpan(0, at + 8).LastIndexOf(Encoding.ASCII.GetBytes(parent)) - 4;
            BinaryPrimitives.WriteInt32BigEndian(
                grown.AsSpan(place),
                BinaryPrimitives.ReadInt32BigEndian(grown.AsSpan(place)) + path.Length
            );
        }

        return grown;
    }
}

using System.Text;
using Veza.Infrastructure.Media;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// The content type of a file by its first bytes, never by its name or by what the sender says. What a browser would
/// run, such as HTML or SVG, is text.
/// </summary>
internal static class FileKind
{
    internal const int BytesWanted = AudioSniff.BytesWanted;
    private const string Text = "text/plain; charset=utf-8",
        Unknown = "application/octet-stream";

    internal static string Of(ReadOnlySpan<byte> head) =>
        head switch
        {
            [0xFF, 0xD8, 0xFF, ..] => "image/jpeg",
            [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => "image/png",
            [(byte)'G', (byte)'I', (byte)'F', (byte)'8', (byte)'7' or (byte)'9', (byte)'a', ..] => "image/gif",
            _ when head.StartsWith("RIFF"u8) && head.Length >= 12 && head[8..].StartsWith("WEBP"u8) => "image/webp",
            _ when head.Length >= 12 && head[4..].StartsWith("ftypavif"u8) => "image/avif",
            _ when head.Length >= 12
                    && head[4..].StartsWith("ftyp"u8)
                    && !head[8..].StartsWith("M4A "u8)
                    && !head[8..].StartsWith("M4B "u8) => "video/mp4",
            [0x1A, 0x45, 0xDF, 0xA3, ..] => "video/webm",
            _ when head.StartsWith("%PDF-"u8) => "application/pdf",
            [(byte)'P', (byte)'K', 3, 4, ..] => "application/zip",
            _ => AudioSniff.Of(head)?.ContentType ?? (IsText(head) ? Text : Unknown),
        };

    /// <summary>UTF-8 without control characters; the last character may be cut.</summary>
    private static bool IsText(ReadOnlySpan<byte> head)
    {
        for (var rest = head; rest.Length > 0; )
        {
            var status = Rune.DecodeFromUtf8(rest, out var rune, out var length);
            if (status == System.Buffers.OperationStatus.NeedMoreData && head.Length == BytesWanted)
                return true;
            if (
                status != System.Buffers.OperationStatus.Done
                || (rune.Value < ' ' && rune.Value is not ('\t' or '\n' or '\r' or '\f'))
            )
                return false;
            rest = rest[length..];
        }

        return true;
    }
}

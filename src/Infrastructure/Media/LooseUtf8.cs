using System.Text;

namespace Veza.Infrastructure.Media;

/// <summary>
/// Text that is UTF-8 if its writer was careful: what cannot be, is taken for Latin-1 byte by byte, as ID3v1 and RIFF
/// had it before there was anything else.
/// </summary>
internal static class LooseUtf8
{
    internal static string Of(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        Span<char> chars = stackalloc char[2];
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var count) == System.Buffers.OperationStatus.Done)
            {
                text.Append(chars[..rune.EncodeToUtf16(chars)]);
            }
            else
            {
                count = 1;
                text.Append((char)bytes[0]);
            }

            bytes = bytes[count..];
        }

        return text.ToString();
    }
}

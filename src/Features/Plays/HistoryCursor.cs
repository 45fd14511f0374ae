using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Veza.Infrastructure.Http;

namespace Veza.Features.Plays;

/// <summary>Where a page of the history begins: after this track, the one heard last first. On the wire an opaque text.</summary>
internal sealed record HistoryCursor(DateTime At, Guid TrackId)
{
    internal const int LimitDefault = 50, LimitMax = 100;
    private const int CharsMax = 80, BytesMax = 64;

    /// <summary>Before the first page: later than any.</summary>
    private static readonly HistoryCursor Newest = new(new DateTime(9999, 1, 1, 0, 0, 0, DateTimeKind.Utc), Guid.AllBitsSet);

    internal string Text => Base64Url.EncodeToString(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{At.Ticks}.{TrackId}")));

    internal static (HistoryCursor? Cursor, int Limit, Error? Error) Read(string? text, int? limit)
    {
        if (limit is < 1 or > LimitMax) return (null, 0, Errors.Validation.With(new FieldError("limit", "OUT_OF_RANGE", $"limit is 1 to {LimitMax}")));
        if (string.IsNullOrEmpty(text)) return (Newest, limit ?? LimitDefault, null);
        Span<byte> bytes = stackalloc byte[BytesMax];
        if (text.Length <= CharsMax && Base64Url.IsValid(text) && Base64Url.TryDecodeFromChars(text, bytes, out var written)
            && Encoding.ASCII.GetString(bytes[..written]).Split('.') is [var ticks, var id]
            && long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at <= DateTime.MaxValue.Ticks && Guid.TryParse(id, out var track))
            return (new HistoryCursor(new DateTime(at, DateTimeKind.Utc), track), limit ?? LimitDefault, null);
        return (null, 0, Errors.Validation.With(new FieldError("cursor", "INVALID_FORMAT", "cursor is not one that this list gave")));
    }
}

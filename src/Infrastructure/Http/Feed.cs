using System.Buffers.Binary;
using System.Buffers.Text;

namespace Veza.Infrastructure.Http;

/// <summary>A piece of a list that grows at its head, newest first: <c>limit</c> from 1 to 100, and from which row on, in the form <c>(at, id) &lt; (@Before, @BeforeId)</c>.</summary>
internal readonly record struct Feed(int Limit, DateTime Before, Guid BeforeId)
{
    internal const int LimitMax = 100, LimitUsual = 50;
    private const int TimeBytes = sizeof(long), CursorBytes = TimeBytes + 16;

    /// <summary>Later than any row: the beginning is a cursor like others, so the plan is the same.</summary>
    private static readonly DateTime Start = new(9999, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>One more than is shown tells whether there is more.</summary>
    internal int Take => Limit + 1;

    internal static Error? Read(int? limit, string? cursor, out Feed feed)
    {
        feed = new Feed(limit ?? LimitUsual, Start, Guid.AllBitsSet);
        if (feed.Limit is < 1 or > LimitMax) return Errors.Validation.With(new FieldError("limit", "OUT_OF_RANGE", $"limit is from 1 to {LimitMax}"));
        if (cursor is null) return null;
        Span<byte> bytes = stackalloc byte[CursorBytes];
        if (cursor.Length != Base64Url.GetEncodedLength(CursorBytes) || !Base64Url.TryDecodeFromChars(cursor, bytes, out var written) || written != CursorBytes) return Refused();
        var ticks = BinaryPrimitives.ReadInt64BigEndian(bytes);
        if (ticks < DateTime.UnixEpoch.Ticks || ticks > Start.Ticks) return Refused();
        feed = feed with { Before = new DateTime(ticks, DateTimeKind.Utc), BeforeId = new Guid(bytes[TimeBytes..], bigEndian: true) };
        return null;
    }

    /// <summary>The rows that are shown, and where the next piece begins.</summary>
    internal Answer<T[]> Answer<T>(T[] rows, Func<T, (DateTime At, Guid Id)> place)
    {
        if (rows.Length <= Limit) return Http.Answer<T[]>.Of(rows, "OK", meta: new Meta { NextCursor = new NextCursor(null) });
        var (at, id) = place(rows[Limit - 1]);
        Span<byte> bytes = stackalloc byte[CursorBytes];
        BinaryPrimitives.WriteInt64BigEndian(bytes, at.Ticks);
        id.TryWriteBytes(bytes[TimeBytes..], bigEndian: true, out _);
        return Http.Answer<T[]>.Of(rows[..Limit], "OK", meta: new Meta { NextCursor = new NextCursor(Base64Url.EncodeToString(bytes)) });
    }

    private static Error Refused() => Errors.Validation.With(new FieldError("cursor", "INVALID_FORMAT", "cursor is the next_cursor of the page before"));
}

using System.Buffers.Binary;
using System.Buffers.Text;

namespace Veza.Infrastructure.Http;

/// <summary>
/// Where a page of a long list begins: <c>limit</c> from 1 to 100, and a cursor made of the last entry's number (a
/// moment, a position) and id, which to a client is just text. An entry that is added or removed meanwhile moves no
/// other.
/// </summary>
internal readonly record struct CursorPage(int Limit, long Number, Guid Id)
{
    private const int LimitMax = 100,
        LimitUsual = 50,
        CursorBytes = sizeof(long) + 16;

    /// <summary>The last day that there is, so that every number is a moment as well.</summary>
    private const long NumberMax = 3_155_378_112_000_000_000;

    /// <summary>Where a list begins that goes down, and one that goes up.</summary>
    internal static readonly (long Number, Guid Id) NewestFirst = (NumberMax, Guid.AllBitsSet),
        LowestFirst = (-1, Guid.Empty);

    internal DateTime Moment => new(Number, DateTimeKind.Utc);

    /// <summary>One more than is shown tells whether there is more.</summary>
    internal int Take => Limit + 1;

    internal static Error? Read(int? limit, string? cursor, (long Number, Guid Id) start, out CursorPage seek)
    {
        seek = new CursorPage(limit ?? LimitUsual, start.Number, start.Id);
        if (seek.Limit is < 1 or > LimitMax)
            return Errors.Validation.With(new FieldError("limit", "OUT_OF_RANGE", $"limit is from 1 to {LimitMax}"));
        if (cursor is null)
            return null;
        Span<byte> bytes = stackalloc byte[CursorBytes];
        if (
            cursor.Length != Base64Url.GetEncodedLength(CursorBytes)
            || !Base64Url.IsValid(cursor)
            || !Base64Url.TryDecodeFromChars(cursor, bytes, out var written)
            || written != CursorBytes
            || BinaryPrimitives.ReadInt64BigEndian(bytes) is not (>= 0 and <= NumberMax)
        )
            return Errors.Validation.With(
                new FieldError("cursor", "INVALID_FORMAT", "cursor is the next_cursor of the page before")
            );
        seek = seek with
        {
            Number = BinaryPrimitives.ReadInt64BigEndian(bytes),
            Id = new Guid(bytes[sizeof(long)..], bigEndian: true),
        };
        return null;
    }

    /// <summary>The entries that are shown of those that were taken, and where the next page begins.</summary>
    internal Answer<T[]> Answer<T>(T[] entries, Func<T, (DateTime Moment, Guid Id)> place)
    {
        if (entries.Length <= Limit)
            return Http.Answer<T[]>.Of(entries, "OK", meta: new Meta { NextCursor = new NextCursor(null) });
        var (moment, id) = place(entries[Limit - 1]);
        return Http.Answer<T[]>.Of(
            entries[..Limit],
            "OK",
            meta: new Meta { NextCursor = new NextCursor(After(moment, id)) }
        );
    }

    internal static string After(DateTime moment, Guid id) => After(moment.Ticks, id);

    internal static string After(long number, Guid id)
    {
        Span<byte> bytes = stackalloc byte[CursorBytes];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        id.TryWriteBytes(bytes[sizeof(long)..], bigEndian: true, out _);
        return Base64Url.EncodeToString(bytes);
    }
}

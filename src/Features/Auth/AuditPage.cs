using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Veza.Infrastructure.Http;

namespace Veza.Features.Auth;

/// <summary>An entry of the audit trail on the wire.</summary>
internal sealed record AuditEvent(
    Guid Id,
    DateTime At,
    string Action,
    Guid? AccountId,
    Guid? ActorId,
    Guid? SessionId,
    string? Ip,
    string Device,
    JsonElement Detail
)
{
    internal static readonly AuditEvent Example = new(
        Guid.Parse("019b0c80-1111-7c11-9d3e-5f0d4c1a2b3c"),
        Account.Example.CreatedAt,
        AuditActions.SignedIn,
        Account.Example.Id,
        Account.Example.Id,
        Guid.Parse("019b0c5f-1111-7c11-9d3e-5f0d4c1a2b3c"),
        "192.0.2.7",
        "Mozilla/5.0 (X11; Linux x86_64)",
        JsonElement.Parse("""{"methods":["password"]}""")
    );
}

/// <summary>An entry as stored.</summary>
internal sealed record AuditRow(
    Guid Id,
    DateTime At,
    string Action,
    Guid? AccountId,
    Guid? ActorId,
    Guid? SessionId,
    string? Ip,
    string Device,
    string Detail
)
{
    internal AuditEvent Event =>
        new(Id, At, Action, AccountId, ActorId, SessionId, Ip, Device, JsonElement.Parse(Detail));
}

/// <summary>Where a page of the trail begins: after this entry, the newest first. On the wire an opaque text.</summary>
internal sealed record AuditCursor(DateTime At, Guid Id)
{
    internal const int LimitDefault = 50,
        LimitMax = 200;

    /// <summary>Before the first page: later than any entry.</summary>
    internal static readonly AuditCursor Newest = new(
        new DateTime(9999, 1, 1, 0, 0, 0, DateTimeKind.Utc),
        Guid.AllBitsSet
    );

    internal static (AuditCursor? Cursor, int Limit, Error? Error) Read(string? text, int? limit)
    {
        if (limit is < 1 or > LimitMax)
            return (
                null,
                0,
                Errors.Validation.With(new FieldError("limit", "OUT_OF_RANGE", $"limit is 1 to {LimitMax}"))
            );
        if (string.IsNullOrEmpty(text))
            return (Newest, limit ?? LimitDefault, null);
        Span<byte> bytes = stackalloc byte[64];
        if (
            text.Length <= 80
            && Base64Url.IsValid(text)
            && Base64Url.TryDecodeFromChars(text, bytes, out var written)
            && Encoding.ASCII.GetString(bytes[..written]).Split('.') is [var ticks, var id]
            && long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var at)
            && at <= DateTime.MaxValue.Ticks
            && Guid.TryParse(id, out var guid)
        )
            return (new AuditCursor(new DateTime(at, DateTimeKind.Utc), guid), limit ?? LimitDefault, null);
        return (
            null,
            0,
            Errors.Validation.With(new FieldError("cursor", "INVALID_FORMAT", "cursor is not one that this list gave"))
        );
    }

    /// <summary>The page in its envelope; one entry more than the limit was read to know whether it goes on.</summary>
    internal static Answer<AuditEvent[]> Page(List<AuditRow> rows, int limit)
    {
        var last = rows.Count > limit ? rows[limit - 1] : null;
        var next = last is null
            ? null
            : Base64Url.EncodeToString(
                Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{last.At.Ticks}.{last.Id}"))
            );
        return Answer<AuditEvent[]>.Of(
            [.. rows.Take(limit).Select(r => r.Event)],
            "OK",
            meta: new Meta { NextCursor = new NextCursor(next) }
        );
    }
}

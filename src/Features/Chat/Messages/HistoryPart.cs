using System.Globalization;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// Which part of a history is asked for, always oldest first: the newest page; what came <c>before</c> or <c>after</c>
/// a seq; what stands <c>around</c> one; what was said from a moment on (<c>at</c>). <c>meta.next_cursor</c> goes on in
/// the same direction.
/// </summary>
internal readonly record struct HistoryPart(int Limit, long? Before, long? After, long? Around, DateTime? At)
{
    private const int LimitMax = 100,
        LimitUsual = 50;

    internal static readonly Answer<Message[]> Empty = Page([], null);

    internal static Error? Read(
        int? limit,
        long? before,
        long? after,
        long? around,
        string? at,
        string? cursor,
        out HistoryPart part
    )
    {
        part = new HistoryPart(limit ?? LimitUsual, before, after, around, null);
        if (part.Limit is < 1 or > LimitMax)
            return Errors.Validation.With(new FieldError("limit", "OUT_OF_RANGE", $"limit is from 1 to {LimitMax}"));
        if (Moments.Read("at", at, out var moment) is { } refused)
            return refused;
        part = part with { At = moment };
        if (cursor is null)
            return null;
        if (
            cursor.Split(':') is not [("before" or "after") and var direction, var text]
            || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seq)
        )
            return Errors.Validation.With(
                new FieldError("cursor", "INVALID_FORMAT", "cursor is the next_cursor of the page before")
            );
        part = direction == "before" ? part with { Before = seq } : part with { After = seq };
        return null;
    }

    /// <summary>The part of this room's history, as the caller sees it.</summary>
    internal async Task<Answer<Message[]>> Of(Guid roomId, MessageLog messages, Caller caller, CancellationToken ct)
    {
        if (Around is { } middle)
        {
            var until = await messages.Before(roomId, middle + 1, (Limit + 1) / 2, caller, ct);
            var from = Limit / 2 == 0 ? [] : await messages.After(roomId, middle, Limit / 2, caller, ct);
            return Page([.. until, .. from], null);
        }

        var after =
            At is { } moment && After is null && Before is null ? await messages.SeqAt(roomId, moment, ct) - 1 : After;
        if (after is { } seen)
        {
            var later = await messages.After(roomId, seen, Limit + 1, caller, ct);
            return later.Length > Limit ? Page(later[..Limit], $"after:{later[Limit - 1].Seq}") : Page(later, null);
        }

        var earlier = await messages.Before(roomId, Before ?? long.MaxValue, Limit + 1, caller, ct);
        return earlier.Length > Limit ? Page(earlier[^Limit..], $"before:{earlier[^Limit].Seq}") : Page(earlier, null);
    }

    private static Answer<Message[]> Page(Message[] messages, string? next) =>
        Answer<Message[]>.Of(messages, "OK", meta: new Meta { NextCursor = new NextCursor(next) });
}

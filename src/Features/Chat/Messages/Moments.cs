using System.Globalization;
using Veza.Infrastructure.Http;

namespace Veza.Features.Chat.Messages;

/// <summary>A moment in a query, as RFC 3339 has it.</summary>
internal static class Moments
{
    private static readonly DateTime Earliest = new(1971, 1, 1, 0, 0, 0, DateTimeKind.Utc),
        Latest = new(2999, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>Null for what was not asked. Moments before and after all messages are the ends of time.</summary>
    internal static Error? Read(string name, string? text, out DateTime? moment)
    {
        moment = null;
        if (text is null)
            return null;
        // A plus sign that nobody escaped comes in as a blank.
        if (
            !DateTimeOffset.TryParse(
                text.Replace(' ', '+'),
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal,
                out var read
            )
        )
            return Errors.Validation.With(
                new FieldError(name, "INVALID_FORMAT", $"{name} is a moment such as 2026-03-01T18:30:00Z")
            );
        var utc = read.UtcDateTime;
        moment =
            utc < Earliest ? Earliest
            : utc > Latest ? Latest
            : utc;
        return null;
    }
}

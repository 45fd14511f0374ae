using Veza.Infrastructure.Http;

namespace Veza.Features.Plays;

/// <summary>How plays fail.</summary>
internal static class PlaysErrors
{
    internal static readonly Error PlayNotFound = new("PLAY_NOT_FOUND", 404, "There is no such play");

    internal static readonly Error PlayOver = new("PLAY_OVER", 409, "The play is over; begin a new one");

    internal static readonly Error TooManyPlays = new(
        "TOO_MANY_PLAYS",
        429,
        "You have many plays open; say ended when you move on, or come back when some are over"
    )
    {
        RetryAfterS = 60,
    };
}

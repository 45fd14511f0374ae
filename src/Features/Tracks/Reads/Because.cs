namespace Veza.Features.Tracks.Reads;

/// <summary>
/// Why a track is suggested: a kind for programs, a sentence for people, and the track of theirs that it was found by.
/// </summary>
internal sealed record Because(string Kind, string Text, Guid? TrackId)
{
    internal const string ListenersAlso = "listeners_also",
        SameTempoAndKey = "same_tempo_and_key",
        FittingTempoAndKey = "fitting_tempo_and_key",
        Tag = "tag",
        Genre = "genre",
        Trending = "trending";

    internal static readonly Because Example = new(
        SameTempoAndKey,
        "Same tempo and key as Night Bus",
        Guid.Parse("019b0c61-2f4e-7a02-b1c8-7f3e9d5a6b10")
    );

    internal static readonly Because Trend = new(Trending, "Played much these days", null);
}

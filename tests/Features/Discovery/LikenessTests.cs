using Veza.Features.Discovery;
using Veza.Features.Tracks.Reads;

namespace Veza.Tests.Features.Discovery;

/// <summary>Tempo over octaves, keys on the circle of fifths, and the reason that is told.</summary>
public sealed class LikenessTests
{
    private static Sound Sound(float? tempo = null, int? place = null, string genre = "", params string[] tags) =>
        new(Guid.CreateVersion7(), Guid.CreateVersion7(), "Night Bus", tempo, place, -14, 200_000, genre, tags, 10);

    [Theory]
    [InlineData(120, 120, 1)]
    [InlineData(120, 121, 1)]
    [InlineData(80.5, 159.5, 1)]
    [InlineData(120, 124.8, 0.5)]
    [InlineData(120, 140, 0)]
    public void A_tempo_is_like_its_double(float one, float other, double likeness) =>
        Assert.Equal(likeness, Likeness.TempoOf(Sound(one), Sound(other)), 2);

    [Theory]
    [InlineData("A minor", "A minor", 1)]
    [InlineData("A minor", "C major", 0.8)]
    [InlineData("A minor", "E minor", 0.8)]
    [InlineData("A minor", "D minor", 0.8)]
    [InlineData("C# minor", "G# minor", 0.8)]
    [InlineData("Bb major", "A# major", 1)]
    [InlineData("A minor", "G major", 0.4)]
    [InlineData("A minor", "B minor", 0.3)]
    [InlineData("A minor", "D# minor", 0)]
    [InlineData("C major", "F# major", 0)]
    public void Keys_are_near_on_the_circle_of_fifths(string one, string other, double likeness)
    {
        Assert.Equal(likeness, Likeness.KeyOf(Sound(place: Place(one)), Sound(place: Place(other))), 2);
        Assert.Equal(likeness >= 0.8, Likeness.PlacesThatFit(Place(one)).Contains(Place(other)));
    }

    [Fact]
    public void What_speaks_most_for_a_track_is_told()
    {
        var seed = Sound(120, 8, "house", "night", "warm");
        Assert.Equal(Because.SameTempoAndKey, Likeness.Of(seed, Sound(120, 8, "house"), 0)!.Value.Because.Kind);
        Assert.Equal(Because.FittingTempoAndKey, Likeness.Of(seed, Sound(122, 9), 0)!.Value.Because.Kind);
        Assert.Equal(Because.ListenersAlso, Likeness.Of(seed, Sound(120, 8, "house"), 9)!.Value.Because.Kind);
        Assert.Equal(
            "Tagged night, as Night Bus is",
            Likeness.Of(seed, Sound(null, null, "", "Night"), 0)!.Value.Because.Text
        );
        Assert.Equal(Because.Genre, Likeness.Of(seed, Sound(null, null, "house"), 0)!.Value.Because.Kind);
        Assert.Null(Likeness.Of(seed, Sound(140, 2, "folk", "sea"), 0));
    }

    [Fact]
    public void No_uploader_takes_it_all()
    {
        var one = Guid.CreateVersion7();
        Suggestion Of(Guid uploader, double score) => new(Guid.CreateVersion7(), uploader, score, Because.Trend);
        var spread = Suggestions.Spread([Of(one, 9), Of(one, 8), Of(one, 7), Of(Guid.CreateVersion7(), 1)], 3);
        Assert.Equal([9, 8, 1], spread.Select(s => s.Score));
    }

    /// <summary>By name on the wheel, independently of the database's table.</summary>
    internal static int Place(string key)
    {
        string[] notes = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];
        var (note, mode) = (key.Split(' ')[0].Replace("Bb", "A#", StringComparison.Ordinal), key.Split(' ')[1]);
        var semitone = Array.IndexOf(notes, note);
        // A fifth is seven semitones, and 7 * 7 is 1 modulo 12: so many fifths up from C are so many times seven
        // semitones. C major and A minor stand at eight.
        return mode == "major" ? (semitone * 7 + 7) % 12 + 13 : (semitone * 7 + 4) % 12 + 1;
    }
}

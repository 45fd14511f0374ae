using System.Globalization;

namespace Veza.Demo;

internal readonly record struct Note(int Number, float Beat, float Beats)
{
    public float Hz => Pitch.Hz(Number);
}

/// <summary>
/// Melodies written as text: <c>A4:1.5 -:.5 | ...</c> is a note and a rest with their beats, then a bar line.
/// </summary>
internal static class Phrase
{
    /// <exception cref="FormatException">A bar is not as long as the metre says.</exception>
    public static Note[] Read(string text, float beatsPerBar = 4)
    {
        var notes = new List<Note>();
        float beat = 0;
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (word == "|")
            {
                if (beat % beatsPerBar != 0)
                    throw new FormatException($"The bar that ends at beat {beat} is not full: {text}");

                continue;
            }

            int colon = word.IndexOf(':', StringComparison.Ordinal);
            float beats = float.Parse(word.AsSpan(colon + 1), CultureInfo.InvariantCulture);
            if (word[0] != '-')
                notes.Add(new Note(Pitch.Number(word[..colon]), beat, beats));

            beat += beats;
        }

        return beat % beatsPerBar == 0 ? [.. notes] : throw new FormatException($"The last bar is not full: {text}");
    }
}

using System.Globalization;
using System.Text;

namespace Veza.Infrastructure.Texts;

/// <summary>
/// The one way in which a text becomes shorter: between what a reader takes for two characters (grapheme clusters),
/// never inside one. What comes out can be written as UTF-8, whatever went in.
/// </summary>
internal static class TextCut
{
    private const int EndingCharsMax = 16;

    /// <summary>The text's beginning, of at most so many UTF-16 units, as lengths are counted everywhere.</summary>
    internal static string To(string text, int charsMax) =>
        text.Length <= charsMax ? Sound(text) : To(text, charsMax, character => character.Length);

    /// <summary>The beginning that costs at most so much, where the caller says what a character costs.</summary>
    internal static string To(string text, int costMax, Func<ReadOnlySpan<char>, int> cost) =>
        Sound(text[..Fitting(text, costMax, cost)]);

    /// <summary>A file's name that keeps its ending, so that who downloads it can open it.</summary>
    internal static string OfFileName(string name, int charsMax)
    {
        if (name.Length <= charsMax)
            return Sound(name);
        var ending = Path.GetExtension(name);
        if (ending.Length is 0 or > EndingCharsMax || ending.Length >= charsMax)
            return To(name, charsMax);
        return To(Path.GetFileNameWithoutExtension(name), charsMax - ending.Length) + Sound(ending);
    }

    /// <summary>For a column or a log: the beginning without U+0000, which PostgreSQL cannot store.</summary>
    internal static string OfRecord(string text, int charsMax) => To(text.Replace('\0', '\uFFFD'), charsMax);

    /// <summary>Characters are whole unless the first alone is too much: of that, whole code points.</summary>
    private static int Fitting(string text, int costMax, Func<ReadOnlySpan<char>, int> cost)
    {
        var (fits, spent) = (0, 0);
        while (fits < text.Length)
        {
            var length = StringInfo.GetNextTextElementLength(text.AsSpan(fits));
            spent += cost(text.AsSpan(fits, length));
            if (spent > costMax)
                break;
            fits += length;
        }

        if (fits > 0 || text.Length == 0)
            return fits;
        spent = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            spent += cost(text.AsSpan(fits, rune.Utf16SequenceLength));
            if (spent > costMax)
                break;
            fits += rune.Utf16SequenceLength;
        }

        return fits;
    }

    /// <summary>Half a surrogate pair is U+FFFD, as everywhere where Unicode is read.</summary>
    private static string Sound(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
            return text;
        var sound = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            sound.Append(rune.ToString());
        return sound.ToString();
    }
}

using System.Globalization;
using System.Text;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// One emoji, as people choose it from a palette: a single grapheme made of pictures, skin tones, joiners, flags or a
/// keycap, and no other text. Spellings that differ in the invisible variation selector alone are one.
/// </summary>
internal static class Emoji
{
    internal const int CharsMax = 35;
    private const int Joiner = 0x200D,
        AsPicture = 0xFE0F,
        Keycap = 0x20E3,
        ToneFirst = 0x1F3FB,
        ToneLast = 0x1F3FF,
        TagFirst = 0xE0020,
        TagEnd = 0xE007F;

    /// <summary>
    /// Signs that were text before they were pictures. What is a picture by itself, such as a star, needs no selector.
    /// </summary>
    private static readonly (int First, int Last)[] Signs =
    [
        (0xA9, 0xA9),
        (0xAE, 0xAE),
        (0x203C, 0x203C),
        (0x2049, 0x2049),
        (0x2122, 0x2122),
        (0x2139, 0x2139),
        (0x2194, 0x21AA),
        (0x231A, 0x23FF),
        (0x24C2, 0x24C2),
        (0x25AA, 0x25FE),
        (0x2600, 0x27BF),
        (0x2934, 0x2935),
        (0x2B05, 0x2B55),
        (0x3030, 0x3030),
        (0x303D, 0x303D),
        (0x3297, 0x3299),
    ];

    private static readonly (int First, int Last)[] SignsAsPictures =
    [
        (0x231A, 0x231B),
        (0x23E9, 0x23EC),
        (0x23F0, 0x23F0),
        (0x23F3, 0x23F3),
        (0x25FD, 0x25FE),
        (0x2614, 0x2615),
        (0x2648, 0x2653),
        (0x267F, 0x267F),
        (0x2693, 0x2693),
        (0x26A1, 0x26A1),
        (0x26AA, 0x26AB),
        (0x26BD, 0x26BE),
        (0x26C4, 0x26C5),
        (0x26CE, 0x26CE),
        (0x26D4, 0x26D4),
        (0x26EA, 0x26EA),
        (0x26F2, 0x26F3),
        (0x26F5, 0x26F5),
        (0x26FA, 0x26FA),
        (0x26FD, 0x26FD),
        (0x2705, 0x2705),
        (0x270A, 0x270B),
        (0x2728, 0x2728),
        (0x274C, 0x274C),
        (0x274E, 0x274E),
        (0x2753, 0x2755),
        (0x2757, 0x2757),
        (0x2795, 0x2797),
        (0x27B0, 0x27B0),
        (0x27BF, 0x27BF),
        (0x2B1B, 0x2B1C),
        (0x2B50, 0x2B50),
        (0x2B55, 0x2B55),
    ];

    /// <summary>The one spelling of it, or null for what is no emoji.</summary>
    internal static string? Read(string text)
    {
        if (text.Length is 0 or > CharsMax || StringInfo.GetNextTextElementLength(text) != text.Length)
            return null;
        Rune[] runes = [.. text.EnumerateRunes()];
        if (runes.Contains(Rune.ReplacementChar))
            return null;
        return runes[^1].Value == Keycap ? OfKey(runes)
            : runes.Any(r => IsFlagLetter(r.Value)) ? OfFlag(runes, text)
            : OfPictures(runes);
    }

    private static string? OfKey(Rune[] runes) =>
        runes[0].Value is (>= '0' and <= '9') or '#' or '*'
        && (runes.Length == 2 || (runes.Length == 3 && runes[1].Value == AsPicture))
            ? $"{runes[0]}\uFE0F\u20E3"
            : null;

    private static string? OfFlag(Rune[] runes, string text) =>
        runes.Length == 2 && runes.All(r => IsFlagLetter(r.Value)) ? text : null;

    private static string? OfPictures(Rune[] spelt)
    {
        // Behind a sign the selector is what we say it is: none before a tone, and none where the sign is a picture
        // anyway.
        Rune[] runes =
        [
            .. spelt.Where((rune, i) => rune.Value != AsPicture || i == 0 || !IsIn(Signs, spelt[i - 1].Value)),
        ];
        if (!IsPicture(runes[0].Value) || runes[^1].Value == Joiner)
            return null;
        if (runes.Any(r => IsTag(r.Value)) && runes[^1].Value != TagEnd)
            return null;
        var spelling = new StringBuilder();
        for (var i = 0; i < runes.Length; i++)
        {
            var value = runes[i].Value;
            if (!IsPicture(value) && !IsTag(value) && value is not (Joiner or AsPicture))
                return null;
            spelling.Append(runes[i]);
            var isToned = i + 1 < runes.Length && runes[i + 1].Value is >= ToneFirst and <= ToneLast;
            if (IsIn(Signs, value) && !IsIn(SignsAsPictures, value) && !isToned)
                spelling.Append((char)AsPicture);
        }

        return spelling.ToString();
    }

    private static bool IsPicture(int value) => value is >= 0x1F000 and <= 0x1FAFF || IsIn(Signs, value);

    private static bool IsFlagLetter(int value) => value is >= 0x1F1E6 and <= 0x1F1FF;

    private static bool IsTag(int value) => value is >= TagFirst and <= TagEnd;

    private static bool IsIn((int First, int Last)[] ranges, int value) =>
        Array.Exists(ranges, range => value >= range.First && value <= range.Last);
}

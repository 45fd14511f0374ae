using System.Globalization;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// The names after an @ in a text. An @ inside a word is an address and no call, one before another @ or a slash is
/// somebody's elsewhere, and what stands in code is not meant. A name may end in - or _, and so may what is written
/// around it: both readings are kept, the longer one first.
/// </summary>
/// <param name="Meant">The readings of each name, in lower case.</param>
/// <param name="Calls">room or here, if the text calls everybody; room if both.</param>
internal sealed record MentionText(string[][] Meant, string? Calls)
{
    internal const int MeantMax = 50;
    private const int NameCharsMin = 3,
        NameCharsMax = 30;

    internal string[] Names => [.. Meant.SelectMany(readings => readings).Distinct()];

    internal static MentionText Read(string text)
    {
        var meant = new List<string[]>();
        string? calls = null;
        for (var i = 0; i < text.Length && meant.Count < MeantMax; )
        {
            if (text[i] == '`')
            {
                i = AfterCode(text, i);
                continue;
            }

            var name = text[i] == '@' && MayBegin(text, i) ? NameAt(text, i + 1) : "";
            i += 1 + name.Length;
            if (name.Length == 0 || GoesOn(text, i))
                continue;
            var trimmed = name.TrimEnd('-', '_').ToLowerInvariant();
            if (trimmed is "room" or "here")
                calls = calls == "room" ? calls : trimmed;
            else if (Readings(name.ToLowerInvariant(), trimmed) is { Length: > 0 } readings)
                meant.Add(readings);
        }

        return new MentionText([.. meant], calls);
    }

    /// <summary>Of the people who have these names, those who are meant; each once.</summary>
    internal Mention[] Choose(Mention[] people) =>
        [
            .. Meant
                .Select(readings =>
                    readings
                        .Select(name =>
                            people.FirstOrDefault(p => p.Username.Equals(name, StringComparison.OrdinalIgnoreCase))
                        )
                        .FirstOrDefault(p => p is not null)
                )
                .OfType<Mention>()
                .Distinct(),
        ];

    private static string[] Readings(string name, string trimmed) =>
        [.. new[] { name, trimmed }.Distinct().Where(reading => reading.Length is >= NameCharsMin and <= NameCharsMax)];

    private static string NameAt(string text, int start)
    {
        if (start == text.Length || !char.IsAsciiLetter(text[start]))
            return "";
        var end = start;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] is '-' or '_'))
            end++;
        return text[start..end];
    }

    /// <summary>Scripts without blanks, such as Han, may stand right before the @.</summary>
    private static bool MayBegin(string text, int at) =>
        at == 0
        || !(
            IsOfWord(text[at - 1])
            || text[at - 1] is '@' or '/' or '\\' or '.' or '+' or '-' or '_' or '=' or '&' or '%' or '#'
        );

    private static bool GoesOn(string text, int at) =>
        at < text.Length && (IsOfWord(text[at]) || text[at] is '@' or '/' or '\\');

    private static bool IsOfWord(char c) =>
        char.GetUnicodeCategory(c)
            is UnicodeCategory.UppercaseLetter
                or UnicodeCategory.LowercaseLetter
                or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.DecimalDigitNumber
                or UnicodeCategory.NonSpacingMark
                or UnicodeCategory.SpacingCombiningMark;

    /// <summary>Code ends at the next run of as many marks; without one they are just marks.</summary>
    private static int AfterCode(string text, int at)
    {
        var begins = AfterMarks(text, at);
        for (var i = begins; i < text.Length; )
        {
            if (text[i] != '`')
            {
                i++;
                continue;
            }

            var ends = AfterMarks(text, i);
            if (ends - i == begins - at)
                return ends;
            i = ends;
        }

        return begins;
    }

    private static int AfterMarks(string text, int at)
    {
        while (at < text.Length && text[at] == '`')
            at++;
        return at;
    }
}

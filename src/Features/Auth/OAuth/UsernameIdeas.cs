using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Veza.Infrastructure.Texts;

namespace Veza.Features.Auth.OAuth;

/// <summary>
/// Names for a new account, the nearest to what somebody is called elsewhere first. The first that is free is taken.
/// </summary>
internal static class UsernameIdeas
{
    private const string Otherwise = "listener";
    private const int DigitsMax = 6;

    internal static IEnumerable<string> From(string? wanted)
    {
        var name = Sound(wanted);
        yield return name;
        var stem = TextCut.To(name, AccountRules.UsernameCharsMax - DigitsMax);
        for (var (digits, below) = (1, 10); digits <= DigitsMax; digits++, below *= 10)
            yield return stem + RandomNumberGenerator.GetInt32(below).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// What may be shown of a name from elsewhere: no control characters, and none that turn the writing around.
    /// </summary>
    internal static string? Display(string? name)
    {
        if (name is null)
            return null;
        var shown = new StringBuilder();
        foreach (var rune in name.EnumerateRunes())
        {
            if (
                Rune.GetUnicodeCategory(rune)
                is UnicodeCategory.Control
                    or UnicodeCategory.Format
                    or UnicodeCategory.LineSeparator
                    or UnicodeCategory.ParagraphSeparator
            )
                continue;
            shown.Append(rune.ToString());
        }

        var cut = TextCut.To(shown.ToString().Trim(), AccountRules.DisplayNameCharsMax).Trim();
        return cut.Length > 0 ? cut : null;
    }

    private static string Sound(string? wanted)
    {
        var kept = (wanted ?? "")
            .Where(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            .SkipWhile(c => !char.IsAsciiLetter(c));
        var name = TextCut.To(string.Concat(kept), AccountRules.UsernameCharsMax);
        return name.Length < AccountRules.UsernameCharsMin ? Otherwise : name;
    }
}

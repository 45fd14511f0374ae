using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace Veza.Features.Auth;

/// <summary>
/// Passwords that an attacker tries first: 49,000 that people really chose, as known from breaches, with their plain
/// variants. The list is in the binary; scripts/password-list.sh makes it and names its sources. Five bytes of each
/// hash take one password in twenty million for another.
/// </summary>
internal static class PasswordList
{
    private const int EntryBytes = 5,
        SuffixCharsMax = 4,
        WordCharsMin = 4,
        DistinctCharsMin = 3,
        PatternCharsMax = 20;
    private static readonly byte[] Entries = Read();

    internal static int Count => Entries.Length / EntryBytes;

    /// <summary>
    /// Whether the password is common, whatever its case, with digits written in place of characters, or with a few
    /// digits and signs at its end.
    /// </summary>
    internal static bool Contains(string password)
    {
        var text = password.ToLowerInvariant();
        if (IsPattern(text))
            return true;
        var word = WithoutSuffix(text);
        if (Has(text) || Has(word) || Has(Spelled(text)) || Has(Spelled(word)))
            return true;
        var half = text.Length / 2;
        return text.Length % 2 == 0 && text[..half] == text[half..] && Has(text[..half]);
    }

    /// <summary>
    /// Whether the password is one of the person's own names or addresses, with a few digits and signs at its end or
    /// not.
    /// </summary>
    internal static bool IsOwnName(string password, params ReadOnlySpan<string?> names)
    {
        var text = password.ToLowerInvariant();
        foreach (var name in names)
        {
            if (name is not { Length: > 0 })
                continue;
            var own = name.ToLowerInvariant();
            foreach (
                var form in (ReadOnlySpan<string>)
                    [own, own.Split('@')[0], own.Replace(" ", "", StringComparison.Ordinal)]
            )
                if (text == form || (form.Length >= WordCharsMin && WithoutSuffix(text) == WithoutSuffix(form)))
                    return true;
        }

        return false;
    }

    /// <summary>
    /// One or two characters again and again, or each following the one before: 23456789, hgfedcba. Long ones are not
    /// what is tried first.
    /// </summary>
    private static bool IsPattern(string text)
    {
        if (text.Length > PatternCharsMax)
            return false;
        if (text.Distinct().Count() < DistinctCharsMin)
            return true;
        var step = text[1] - text[0];
        if (step is not (1 or -1))
            return false;
        for (var i = 1; i < text.Length; i++)
            if (text[i] - text[i - 1] != step)
                return false;
        return true;
    }

    private static string WithoutSuffix(string text)
    {
        var end = text.Length;
        while (end > 0 && text.Length - end < SuffixCharsMax && !char.IsLetter(text[end - 1]))
            end--;
        return end >= WordCharsMin ? text[..end] : text;
    }

    private static string Spelled(string text) =>
        string.Create(
            text.Length,
            text,
            static (spelled, text) =>
            {
                for (var i = 0; i < spelled.Length; i++)
                    spelled[i] = text[i] switch
                    {
                        '0' => 'o',
                        '1' or '!' => 'i',
                        '3' => 'e',
                        '4' or '@' => 'a',
                        '5' or '$' => 's',
                        '7' => 't',
                        var other => other,
                    };
            }
        );

    private static bool Has(string text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        var (low, high) = (0, Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            switch (Entries.AsSpan(middle * EntryBytes, EntryBytes).SequenceCompareTo(hash[..EntryBytes]))
            {
                case 0:
                    return true;
                case < 0:
                    low = middle + 1;
                    break;
                default:
                    high = middle - 1;
                    break;
            }
        }

        return false;
    }

    private static byte[] Read()
    {
        using var list = Assembly.GetExecutingAssembly().GetManifestResourceStream("common-passwords.bin")!;
        var bytes = new byte[list.Length];
        list.ReadExactly(bytes);
        return bytes;
    }
}

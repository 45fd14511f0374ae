using System.Buffers;
using System.Security.Cryptography;

namespace Veza.Features.Auth.Factors;

/// <summary>
/// A code for the day the phone is lost: ten characters that cannot be mistaken for one another, 49 bits of
/// chance.
/// </summary>
internal static class RecoveryCode
{
    internal const int PerAccount = 10;
    private const int Chars = 10,
        GroupChars = 5;

    /// <summary>Without 0, 1, i, l, o and u.</summary>
    private const string Alphabet = "23456789abcdefghjkmnpqrstvwxyz";
    private static readonly SearchValues<char> Characters = SearchValues.Create(Alphabet);

    internal static string[] NewSet() =>
        [
            .. Enumerable
                .Range(0, PerAccount)
                .Select(_ => RandomNumberGenerator.GetString(Alphabet, Chars).Insert(GroupChars, "-")),
        ];

    /// <summary>The code as it is stored and compared, or null when what was typed cannot be one.</summary>
    internal static string? Normal(string typed)
    {
        var code = typed
            .Replace("-", "", StringComparison.Ordinal)
            .Replace(" ", "", StringComparison.Ordinal)
            .ToLowerInvariant();
        return code.Length == Chars && !code.AsSpan().ContainsAnyExcept(Characters) ? code : null;
    }
}

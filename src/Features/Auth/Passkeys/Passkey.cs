using Veza.Infrastructure.Http;

namespace Veza.Features.Auth.Passkeys;

/// <summary>A passkey as its owner sees it.</summary>
internal sealed record Passkey(
    Guid Id,
    string Name,
    int Algorithm,
    string[] Transports,
    bool BackedUp,
    DateTime CreatedAt,
    DateTime? LastUsedAt
)
{
    internal const int PerAccountMax = 20,
        NameCharsMax = 60;
    internal const string DefaultName = "Passkey";
    internal static readonly TimeSpan ChallengeLifetime = TimeSpan.FromMinutes(5);

    internal static readonly Passkey Example = new(
        Guid.Parse("019b0c60-1c2f-7a11-8c5e-2b7a90d1e4f3"),
        "Laptop",
        -7,
        ["internal"],
        true,
        Account.Example.CreatedAt,
        null
    );

    internal static readonly FieldError NameFault = new(
        "name",
        "INVALID_FORMAT",
        $"name has 1 to {NameCharsMax} characters"
    );

    /// <summary>
    /// By which an authenticator names the account to us: the bare id, which tells nobody else anything.
    /// </summary>
    internal static byte[] HandleOf(Guid accountId) => accountId.ToByteArray(bigEndian: true);
}

namespace Veza.Features.Auth.OAuth;

/// <summary>An account elsewhere that signs in here, as its owner sees it.</summary>
internal sealed record Identity(
    Guid Id,
    string Provider,
    string? Email,
    bool EmailVerified,
    string? Username,
    DateTime CreatedAt,
    DateTime LastUsedAt
)
{
    internal static readonly Identity Example = new(
        Guid.Parse("019b0c80-2222-7c11-9d3e-5f0d4c1a2b3c"),
        "github",
        "mira@example.org",
        true,
        "mira",
        Account.Example.CreatedAt,
        Account.Example.CreatedAt
    );
}

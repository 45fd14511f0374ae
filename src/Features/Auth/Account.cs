using System.Buffers;
using FluentValidation;

namespace Veza.Features.Auth;

/// <summary>An account as its owner sees it: the <c>user</c> of the contract, with the e-mail.</summary>
internal sealed record Account(
    Guid Id,
    string Username,
    string DisplayName,
    string Email,
    string? AvatarUrl,
    string Bio,
    string[] Roles,
    string Plan,
    DateTime CreatedAt
)
{
    internal static readonly Account Example = new(
        Guid.Parse("019b0c5e-8a30-7c11-9d3e-5f0d4c1a2b3c"),
        "mira",
        "Mira",
        "mira@example.org",
        null,
        "",
        ["user"],
        "free",
        new DateTime(2026, 3, 1, 18, 30, 0, DateTimeKind.Utc)
    );
}

/// <summary>Rules of names and passwords that several slices share.</summary>
internal static class AccountRules
{
    internal const int EmailCharsMax = 254,
        UsernameCharsMin = 3,
        UsernameCharsMax = 30,
        DisplayNameCharsMax = 60,
        PasswordCharsMin = 8;

    internal static IRuleBuilderOptions<T, string?> Present<T>(this IRuleBuilder<T, string?> rule) =>
        rule.NotEmpty().WithErrorCode("REQUIRED").WithMessage("{PropertyName} is required");

    internal static IRuleBuilderOptions<T, string?> Email<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(IsEmail).WithErrorCode("INVALID_FORMAT").WithMessage("Email format is invalid");

    internal static IRuleBuilderOptions<T, string?> Username<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(IsUsername)
            .WithErrorCode("INVALID_FORMAT")
            .WithMessage(
                $"A username has {UsernameCharsMin} to {UsernameCharsMax} characters of a-z, digits, - and _, and "
                    + $"starts with one of a-z"
            );

    internal static IRuleBuilderOptions<T, string?> NewPassword<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(password => password is { Length: >= PasswordCharsMin })
            .WithErrorCode("TOO_SHORT")
            .WithMessage($"A password has at least {PasswordCharsMin} characters")
            .Must(password => password is null || PasswordHasher.Fits(password))
            .WithErrorCode("TOO_LONG")
            .WithMessage($"A password has at most {PasswordHasher.PasswordBytesMax} bytes")
            .Must(password => password is not { Length: >= PasswordCharsMin } || !PasswordList.Contains(password))
            .WithErrorCode("PASSWORD_COMMON")
            .WithMessage("Many people use this password, and so do those who guess; take another");

    /// <summary>The names are those of the account: its e-mail, username and display name.</summary>
    internal static IRuleBuilderOptions<T, string?> NotOwnName<T>(
        this IRuleBuilder<T, string?> rule,
        Func<T, string?[]> names
    ) =>
        rule.Must((request, password) => password is null || !PasswordList.IsOwnName(password, names(request)))
            .WithErrorCode("PASSWORD_PERSONAL")
            .WithMessage("A password must not be your own name or address");

    private static readonly SearchValues<char> NotInEmail = SearchValues.Create(" ,;:<>()[]\\\"");

    internal static bool IsEmail(string? email)
    {
        if (
            email is not { Length: > 2 and <= EmailCharsMax }
            || email.AsSpan().ContainsAny(NotInEmail)
            || email.Any(char.IsControl)
        )
            return false;
        var at = email.IndexOf('@');
        return at > 0 && at == email.LastIndexOf('@') && email.IndexOf('.', at) > at + 1 && !email.EndsWith('.');
    }

    internal static bool IsUsername(string? username)
    {
        if (username is not { Length: >= UsernameCharsMin and <= UsernameCharsMax } || !char.IsAsciiLetter(username[0]))
            return false;
        foreach (var c in username)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))
                return false;
        return true;
    }
}

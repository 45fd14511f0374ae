using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Http;

namespace Veza.Features.Auth.OAuth;

/// <summary>
/// The page that a browser goes on to afterwards: only on the public URL's origin or one of VEZA__HTTP__ORIGINS. It is
/// compared as text with a whole origin before it and plain characters behind, so that no two parsers can read
/// different hosts out of it.
/// </summary>
internal static class ReturnTo
{
    private const int CharsMax = 1024,
        ChallengeChars = 43;

    /// <summary>The page's challenge (S256 of RFC 7636) binds the code that it will be given to it.</summary>
    internal static Error? Refuse(string? page, string? codeChallenge, Settings settings)
    {
        if (page is not null && !IsAllowed(page, settings))
            return Errors.Validation.With(
                new FieldError(
                    "return_to",
                    "NOT_ALLOWED",
                    "return_to is a page of this server's public URL or of an origin that it allows, without a fragment"
                )
            );
        if (codeChallenge is null)
            return null;
        if (page is null)
            return Errors.Validation.With(
                new FieldError("code_challenge", "NOT_ALLOWED", "code_challenge goes with return_to")
            );
        var isSound =
            codeChallenge.Length == ChallengeChars
            && codeChallenge.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
        return isSound
            ? null
            : Errors.Validation.With(
                new FieldError(
                    "code_challenge",
                    "INVALID_FORMAT",
                    "code_challenge is the base64url of the SHA-256 of your code_verifier (S256)"
                )
            );
    }

    private static bool IsAllowed(string page, Settings settings)
    {
        if (page.Length > CharsMax)
            return false;
        foreach (var c in page)
            if (c is <= ' ' or > '~' or '\\' or '#' or '"' or '<' or '>')
                return false;
        return settings
            .Http.Origins.Append(settings.PublicUrl.GetLeftPart(UriPartial.Authority))
            .Any(origin => IsOf(page, origin.TrimEnd('/')));
    }

    private static bool IsOf(string page, string origin) =>
        origin.StartsWith("http", StringComparison.Ordinal)
        && page.StartsWith(origin, StringComparison.Ordinal)
        && (page.Length == origin.Length || page[origin.Length] is '/' or '?');
}

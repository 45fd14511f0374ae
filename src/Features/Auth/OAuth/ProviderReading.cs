using System.Text.Json;

namespace Veza.Features.Auth.OAuth;

/// <summary>
/// Reads what providers say, and believes a member only when it has exactly the type that it should have.
/// </summary>
internal static class ProviderReading
{
    private const int TextCharsMax = 8 * 1024,
        SubjectCharsMax = 255;

    /// <summary>
    /// A text that can be stored and shown; null for none, for half a surrogate pair and for one with U+0000.
    /// </summary>
    internal static string? TextOf(this JsonElement json, string name)
    {
        if (
            json.ValueKind != JsonValueKind.Object
            || !json.TryGetProperty(name, out var value)
            || value.ValueKind != JsonValueKind.String
        )
            return null;
        try
        {
            return value.GetString() is { Length: > 0 and <= TextCharsMax } text && !text.Contains('\0') ? text : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Who somebody is there: printable ASCII, as all three providers have it.</summary>
    internal static string? SubjectOf(this JsonElement json, string name) =>
        json.TextOf(name) is { Length: <= SubjectCharsMax } text && text.All(c => c is > ' ' and <= '~') ? text : null;

    internal static long? NumberOf(this JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object
        && json.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.Number
        && value.TryGetInt64(out var number)
            ? number
            : null;

    internal static bool IsTrue(this JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object
        && json.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.True;

    /// <summary>
    /// An address that may be compared with ours, or null. Only ASCII: upper and lower case of other characters fold
    /// onto ASCII ones (the Kelvin sign is a k, the dotless i an I), so that somebody else's address would look like
    /// ours.
    /// </summary>
    internal static string? EmailOf(this JsonElement json, string name) =>
        json.TextOf(name) is { } text && text.All(c => c is > ' ' and <= '~') && AccountRules.IsEmail(text)
            ? text
            : null;

    /// <summary>The tokens of a token endpoint's answer, or why there are none.</summary>
    internal static ProviderTokens Tokens(this ProviderAnswer answer, DateTime now)
    {
        if (answer.Json.TextOf("error") is { } error)
            throw OfTokenError(error);
        if (!answer.IsSuccess)
            throw ProviderHttp.Unavailable($"the token endpoint answered {answer.Status}");
        if (answer.Json.TextOf("access_token") is not { } token || !IsBearer(answer.Json.TextOf("token_type")))
            throw new ProviderFault(AuthErrors.ProviderAnswerInvalid, "the token endpoint gave no bearer token");
        var expiresAt = answer.Json.NumberOf("expires_in") is { } seconds and > 0 and < int.MaxValue
            ? now.AddSeconds(seconds)
            : (DateTime?)null;
        return new ProviderTokens(token, answer.Json.TextOf("refresh_token"), expiresAt, answer.Json.TextOf("scope"));
    }

    /// <summary>
    /// The errors of RFC 6749 and GitHub's own words for them. None of the provider's text is passed on.
    /// </summary>
    private static ProviderFault OfTokenError(string error) =>
        error switch
        {
            "invalid_grant" or "bad_verification_code" => new ProviderFault(
                AuthErrors.OAuthCodeRefused,
                "the provider refused the code"
            ),
            "invalid_client" or "incorrect_client_credentials" or "unauthorized_client" => ProviderHttp.Unavailable(
                "the provider does not know our client id and secret"
            ),
            "redirect_uri_mismatch" => ProviderHttp.Unavailable(
                "the provider knows another redirect URI; register PUBLIC_URL/api/v1/auth/oauth/PROVIDER/callback"
            ),
            _ => ProviderHttp.Unavailable("the token endpoint answered with an error"),
        };

    private static bool IsBearer(string? type) => string.Equals(type, "bearer", StringComparison.OrdinalIgnoreCase);
}

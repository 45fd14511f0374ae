using Veza.Infrastructure.Http;

namespace Veza.Features.Auth;

/// <summary>
/// The tokens of a session: an access token for minutes, and a refresh token that is good for one use.
/// </summary>
internal sealed record TokenPair(string AccessToken, string RefreshToken, string TokenType, int ExpiresIn)
    : INeverStored;

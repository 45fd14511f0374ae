using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth;

/// <summary>
/// Spends a refresh token and gives a new pair. Retry it freely: inside the grace a lost answer is given again.
/// </summary>
internal static class Refresh
{
    internal sealed record Request(string? RefreshToken);

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/api/v1/auth/refresh", Handle)
            .WithName("Refresh")
            .Anonymous()
            .Documented(
                "Auth",
                "Exchange a refresh token for a new pair",
                new TokenPair(SignedIn.Example.AccessToken!, SignedIn.Example.RefreshToken!, "Bearer", 600),
                new Request(SignedIn.Example.RefreshToken),
                errors:
                [
                    AuthErrors.RefreshTokenInvalid,
                    AuthErrors.RefreshTokenReused,
                    AuthErrors.SessionEnded,
                    Errors.RateLimited,
                ]
            );

    private static async Task<Answer<TokenPair>> Handle(
        Request request,
        SessionRotation rotation,
        Limits limits,
        HttpContext http,
        CancellationToken ct
    )
    {
        if (string.IsNullOrEmpty(request.RefreshToken))
            return Errors.Validation.With(new FieldError("refresh_token", "REQUIRED", "refresh_token is required"));
        if (await limits.Refuse(http, AuthPolicies.Refresh) is { } refused)
            return refused;
        var (pair, error) = await rotation.Rotate(request.RefreshToken, Origin.Of(http), ct);
        return pair is null ? error! : pair;
    }
}

[JsonSerializable(typeof(Refresh.Request))]
[JsonSerializable(typeof(Envelope<TokenPair>))]
internal sealed partial class RefreshJson : JsonSerializerContext;

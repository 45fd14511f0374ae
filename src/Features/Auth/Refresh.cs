using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth;

/// <summary>
/// Spends a refresh token and gives a new pair. Retry it freely: inside the grace a lost answer is given again.
/// </summary>
internal sealed class Refresh(SessionRotation rotation, Limits limits) : Slice<Refresh.Request, TokenPair>
{
    internal sealed record Request(string? RefreshToken);

    public override void Configure()
    {
        Post("/refresh");
        Group<AuthGroup>();
        Description(route =>
            route
                .Anonymous()
                .Described(
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
                )
        );
    }

    public override async Task<Answer<TokenPair>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (string.IsNullOrEmpty(request.RefreshToken))
            return Errors.Validation.With(new FieldError("refresh_token", "REQUIRED", "refresh_token is required"));
        if (await limits.Refuse(HttpContext, AuthPolicies.Refresh) is { } refused)
            return refused;
        var (pair, error) = await rotation.Rotate(request.RefreshToken, Origin.Of(HttpContext), ct);
        return pair is null ? error! : pair;
    }
}

[JsonSerializable(typeof(Refresh.Request))]
[JsonSerializable(typeof(Envelope<TokenPair>))]
internal sealed partial class RefreshJson : JsonSerializerContext;

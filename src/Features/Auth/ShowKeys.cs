using System.Buffers.Text;
using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth;

/// <summary>
/// The public keys (RFC 7517) by which other services check access tokens by themselves. A key is here before it signs
/// and until nothing it signed is valid.
/// </summary>
internal sealed class ShowKeys(Keyring keyring) : ResultSlice
{
    internal sealed record Key(string Kty, string Crv, string X, string Y, string Kid, string Use, string Alg);

    internal new sealed record Response(Key[] Keys);

    public override void Configure()
    {
        Get("/jwks.json");
        Group<WellKnownGroup>();
        Description(route =>
            route.Anonymous().Produces<Response>().Described("List the public keys of access tokens (a JWK set)")
        );
    }

    protected override Task<IResult> Execute(CancellationToken ct)
    {
        HttpContext.Response.Headers.CacheControl = $"public, max-age={(int)Keyring.ReloadEvery.TotalSeconds}";
        var keys = keyring.Keys.AccessToken.Select(key =>
            (key.Id, key.Curve!.ExportParameters(includePrivateParameters: false).Q)
        );
        return Task.FromResult<IResult>(
            TypedResults.Ok(
                new Response([
                    .. keys.Select(k => new Key(
                        "EC",
                        "P-256",
                        Base64Url.EncodeToString(k.Q.X),
                        Base64Url.EncodeToString(k.Q.Y),
                        k.Id,
                        "sig",
                        "ES256"
                    )),
                ])
            )
        );
    }
}

[JsonSerializable(typeof(ShowKeys.Response))]
internal sealed partial class ShowKeysJson : JsonSerializerContext;

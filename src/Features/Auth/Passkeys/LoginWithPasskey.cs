using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.Passkeys;

/// <summary>Signs in with a passkey, which has recognised its owner and so is both factors in one.</summary>
internal static class LoginWithPasskey
{
    internal sealed record Request(PasskeyWire.ProvenCredential? Credential);

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/api/v1/auth/passkeys/login", Handle)
            .WithName("LoginWithPasskey")
            .Anonymous()
            .Documented(
                "Auth",
                "Sign in with a passkey",
                SignedIn.Example,
                new Request(PasskeyWire.ProvenExample),
                errors:
                [
                    Errors.Validation,
                    AuthErrors.PasskeyRefused,
                    AuthErrors.PasskeyChallengeInvalid,
                    AuthErrors.AccountSuspended,
                ]
            );

    private static async Task<Answer<SignedIn>> Handle(
        Request request,
        PasskeyProof passkeys,
        SignIn signIn,
        PostgresSource postgres,
        HttpContext http,
        CancellationToken ct
    )
    {
        if (request.Credential is not { } credential)
            return Errors.Validation.With(
                new FieldError("credential", "REQUIRED", "credential is what navigator.credentials.get() gave")
            );
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var (account, error) = await passkeys.Prove(db, transaction, credential, Origin.Of(http));
        Answer<SignedIn> answer = account is not null
            ? await signIn.Complete(db, transaction, account, SignIn.Passkey, http)
            : error ?? AuthErrors.PasskeyRefused;
        await transaction.CommitAsync(CancellationToken.None);
        return answer;
    }
}

[JsonSerializable(typeof(LoginWithPasskey.Request))]
internal sealed partial class LoginWithPasskeyJson : JsonSerializerContext;

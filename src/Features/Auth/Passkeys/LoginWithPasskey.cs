using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.Passkeys;

/// <summary>Signs in with a passkey, which has recognised its owner and so is both factors in one.</summary>
internal sealed class LoginWithPasskey(PasskeyProof passkeys, SignIn signIn, PostgresSource postgres)
    : Slice<LoginWithPasskey.Request, SignedIn>
{
    internal sealed record Request(PasskeyWire.ProvenCredential? Credential);

    public override void Configure()
    {
        Post("/passkeys/login");
        Group<AuthGroup>();
        Description(route =>
            route
                .Anonymous()
                .Described(
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
                )
        );
    }

    public override async Task<Answer<SignedIn>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (request.Credential is not { } credential)
            return Errors.Validation.With(
                new FieldError("credential", "REQUIRED", "credential is what navigator.credentials.get() gave")
            );
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var (account, error) = await passkeys.Prove(db, transaction, credential, Origin.Of(HttpContext));
        Answer<SignedIn> answer = account is not null
            ? await signIn.Complete(db, transaction, account, SignIn.Passkey, HttpContext)
            : error ?? AuthErrors.PasskeyRefused;
        await transaction.CommitAsync(CancellationToken.None);
        return answer;
    }
}

[JsonSerializable(typeof(LoginWithPasskey.Request))]
internal sealed partial class LoginWithPasskeyJson : JsonSerializerContext;

using System.Text.Json;
using System.Text.Json.Serialization;
using FastEndpoints;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.Factors;

/// <summary>
/// Ends a sign-in that wants a second factor. The mfa_token is good for this alone and for five wrong codes; each code
/// is good once.
/// </summary>
internal sealed class ProveSecondFactor(PostgresSource postgres, SecondFactor factor, SignIn signIn, SecretTries tries)
    : Slice<ProveSecondFactor.Request, SignedIn>
{
    internal sealed record Request(string? MfaToken, string? Code, bool TrustDevice = false);

    internal sealed class Rules : Validator<Request>
    {
        public Rules()
        {
            RuleFor(r => r.MfaToken).Present();
            RuleFor(r => r.Code).Present();
        }
    }

    public override void Configure()
    {
        Post("/login/mfa");
        Group<AuthGroup>();
        Description(route =>
            route
                .Anonymous()
                .Described(
                    "Complete a sign-in with the second factor",
                    SignedIn.Example,
                    new Request("pYw0b7q9m2s4u6x8z1c3v5n7a9d1f3h5j7l9o1q3s5U", "123456", true),
                    errors:
                    [
                        Errors.Validation,
                        AuthErrors.MfaTokenInvalid,
                        AuthErrors.MfaCodeInvalid,
                        AuthErrors.AccountSuspended,
                        AuthErrors.AccountLocked,
                        Errors.RateLimited,
                    ]
                )
        );
    }

    public override async Task<Answer<SignedIn>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (await Find(request.MfaToken!, postgres, HttpContext, ct) is not var (accountId, isKnown))
            return AuthErrors.MfaTokenInvalid;

        // One count with the account's wrong passwords, over all tickets: who guesses codes is locked out as who
        // guesses passwords is.
        using var slot = await tries.Take(HttpContext, accountId, isKnown);
        if (slot.Refused is { } locked)
            return locked;
        // From here on whether anybody waits for the answer or not: who hangs up has tried, and it is written down.
        await using var db = await postgres.OpenConnectionAsync(CancellationToken.None);
        await using var transaction = await db.BeginTransactionAsync(CancellationToken.None);
        // Held before its ticket and its factors: whoever changes them has voided the ticket, or waits.
        if (
            await LockedAccount.Hold(db, transaction, accountId) is not { } account
            || await Tickets.Try(db, transaction, TicketPurpose.Mfa, request.MfaToken!) is not { } ticket
        )
        {
            await slot.GiveBack();
            return AuthErrors.MfaTokenInvalid;
        }

        var (first, from) = (MethodOf(ticket), Origin.Of(HttpContext));
        if (await factor.Prove(db, transaction, accountId, request.Code!) is not { } second)
        {
            await SecretTries.Failed(db, transaction, slot, accountId, "second_factor", HttpContext);
            await transaction.CommitAsync(CancellationToken.None);
            await db.DisposeAsync();
            await tries.Counted();
            return AuthErrors.MfaCodeInvalid;
        }

        await Tickets.Spend(db, transaction, ticket.Id);
        Answer<SignedIn> answer;
        if (
            await SignIn.RefuseMeanwhile(
                db,
                transaction,
                account,
                first,
                ticket.ExpiresAt - SignIn.MfaLifetime,
                from
            ) is
            { } meanwhile
        )
        {
            answer = meanwhile;
        }
        else
        {
            var signedIn = await signIn.Begin(db, transaction, account, [first, second], HttpContext);
            if (request.TrustDevice)
                signedIn = signedIn with
                {
                    DeviceToken = await TrustedDevices.Trust(db, transaction, accountId, HttpContext),
                };
            answer = Answer<SignedIn>.Of(signedIn, "Welcome back");
        }

        await transaction.CommitAsync(CancellationToken.None);
        await slot.GiveBack();
        return answer;
    }

    private static async Task<(Guid AccountId, bool IsKnown)?> Find(
        string mfaToken,
        PostgresSource postgres,
        HttpContext http,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        if (await Tickets.Peek(db, null, TicketPurpose.Mfa, mfaToken) is not { AccountId: { } accountId })
            return null;
        return (accountId, await SecretTries.Knows(db, http, accountId, TrustedDevices.TokenOf(http)));
    }

    private static string MethodOf(Ticket ticket)
    {
        using var detail = JsonDocument.Parse(ticket.Detail);
        return detail.RootElement.GetProperty("method").GetString()!;
    }
}

[JsonSerializable(typeof(ProveSecondFactor.Request))]
internal sealed partial class ProveSecondFactorJson : JsonSerializerContext;

using Veza.Infrastructure.Http;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Mail;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Auth.Links;

/// <summary>
/// Sends the e-mail that confirms the account's address once more. Says so, and sends none, when it is confirmed
/// already.
/// </summary>
internal sealed class AskForVerification(PostgresSource postgres, Outbox outbox, EmailLinks links, Limits limits)
    : Slice<Nothing>
{
    public override void Configure()
    {
        Post("/email/verification");
        Group<AuthGroup>();
        Description(route =>
            route
                .Requires(AccountWrite)
                .Described(
                    "Request the e-mail that confirms your address",
                    Nothing.Value,
                    status: StatusCodes.Status202Accepted,
                    errors: [Errors.RateLimited, AuthErrors.MailNotConfigured]
                )
        );
    }

    protected override async Task<Answer<Nothing>> Execute(CancellationToken ct)
    {
        if (!outbox.IsOn)
            return AuthErrors.MailNotConfigured;
        if (await limits.Refuse(HttpContext, AuthPolicies.Mail, Caller.UserId.ToString("N")) is { } tooMany)
            return tooMany;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        if (await LockedAccount.Hold(db, transaction, Caller.UserId) is not { } account)
            return Errors.TokenInvalid;
        if (account.IsVerified)
            return Answer<Nothing>.Of(
                Nothing.Value,
                "Your address is confirmed already",
                StatusCodes.Status202Accepted
            );
        await links.AskToVerify(db, transaction, account.Id, account.Username, account.Email);
        await transaction.CommitAsync(CancellationToken.None);
        return Answer<Nothing>.Of(Nothing.Value, "An e-mail is on its way", StatusCodes.Status202Accepted);
    }
}

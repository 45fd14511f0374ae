using System.Text.Json.Serialization;
using Dapper;
using Veza.Features.Auth.Keys;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Auth.Accounts;

/// <summary>
/// Suspends an account, until a time or until it is lifted: all its sessions end within two seconds on every node, and
/// nothing signs in. Nobody suspends who may do more than they.
/// </summary>
internal sealed class SuspendAccount(PostgresSource postgres, TimeProvider clock)
    : Slice<SuspendAccount.Request, SuspendAccount.Response>
{
    internal sealed record Request([property: JsonIgnore] Guid Id, string? Reason, DateTime? Until);

    internal new sealed record Response(
        Guid Id,
        string Username,
        DateTime SuspendedAt,
        DateTime? SuspendedUntil,
        string SuspensionReason
    );

    public override void Configure()
    {
        Put("/admin/users/{id}/suspension");
        Group<AccountsGroup>();
        Description(route =>
            route
                .Requires(UsersSuspend)
                .Described(
                    "Suspend an account",
                    new Response(
                        Account.Example.Id,
                        "mira",
                        Account.Example.CreatedAt,
                        Account.Example.CreatedAt.AddDays(7),
                        "Spam in three rooms"
                    ),
                    new Request(default, "Spam in three rooms", Account.Example.CreatedAt.AddDays(7)),
                    errors: [Errors.Validation, UsersReads.UserNotFound, UsersReads.OwnAccount]
                )
        );
    }

    public override async Task<Answer<Response>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        if (string.IsNullOrWhiteSpace(request.Reason))
            return Errors.Validation.With(
                new FieldError("reason", "REQUIRED", "reason is required: the person will read it")
            );
        if (request.Reason.Length > AccountStanding.ReasonCharsMax)
            return Errors.Validation.With(
                new FieldError(
                    "reason",
                    "TOO_LONG",
                    $"A reason has at most {AccountStanding.ReasonCharsMax} characters"
                )
            );
        if (EndTime.Refuse(request.Until, clock) is { } past)
            return past;
        if (id == Caller.UserId)
            return UsersReads.OwnAccount;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var (target, refused) = await LockedAccount.HoldFor(db, transaction, Caller, UsersSuspend, id);
        if (target is null)
            return refused!;
        if (Of(target.Roles).Except(Caller.Permissions).Any())
            return Errors.Forbidden.Saying("This account may do more than yours");
        var suspended = await db.QuerySingleAsync<Response>(
            """
            update account set suspended_at = now(), suspended_until = @Until, suspension_reason = @Reason
              where id = @id
            returning id, username, suspended_at, suspended_until, suspension_reason
            """,
            new
            {
                id,
                request.Until,
                request.Reason,
            },
            transaction
        );
        await Sessions.EndAll(db, transaction, id, "suspended");
        await ApiKeys.Refresh(db, transaction, id);
        await Tickets.VoidSignIns(db, transaction, id);
        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(AuditActions.Suspended, id, Origin.Of(HttpContext), Caller.UserId)
        );
        await transaction.CommitAsync(CancellationToken.None);
        return Answer<Response>.Of(suspended, "The account is suspended");
    }
}

[JsonSerializable(typeof(SuspendAccount.Request))]
[JsonSerializable(typeof(Envelope<SuspendAccount.Response>))]
internal sealed partial class SuspendAccountJson : JsonSerializerContext;

using System.Text.Json.Serialization;
using Dapper;
using FastEndpoints;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Auth.Factors;

/// <summary>
/// Turns the second factor on once the app has shown that it has the seed. The recovery codes are in this answer and
/// nowhere else; every other session ends.
/// </summary>
internal sealed class ConfirmTotp(SecondFactor factor, PostgresSource postgres)
    : Slice<ConfirmTotp.Request, ConfirmTotp.Response>
{
    private static readonly TimeSpan SeedLifetime = TimeSpan.FromMinutes(15);

    internal sealed record Request(string? Code);

    internal new sealed record Response(string[] RecoveryCodes) : INeverStored;

    internal sealed class Rules : Validator<Request>
    {
        public Rules() => RuleFor(r => r.Code).Present();
    }

    public override void Configure()
    {
        Post("/2fa/totp/confirm");
        Group<AuthGroup>();
        Description(route =>
            route
                .Requires(AccountSecure)
                .Described(
                    "Turn on the authenticator app",
                    new Response(["4hk2p-9xwqz", "c7m3n-rt8v5"]),
                    new Request("123456"),
                    errors:
                    [
                        Errors.Validation,
                        AuthErrors.SessionEnded,
                        AuthErrors.CodeInvalid,
                        AuthErrors.TotpNotBegun,
                    ]
                )
        );
    }

    public override async Task<Answer<Response>> ExecuteAsync(Request request, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        if (await LockedAccount.HoldOf(db, transaction, Caller) is { Error: { } over })
            return over;
        var pending = await db.QuerySingleOrDefaultAsync<SecondFactor.SeedRow>(
            """
            select sealed from totp where account_id = @UserId and confirmed_at is null
              and created_at > now() - @SeedLifetime for update
            """,
            new { Caller.UserId, SeedLifetime },
            transaction
        );
        if (pending is null)
            return AuthErrors.TotpNotBegun;
        if (factor.StepOf(pending.Sealed, Caller.UserId, request.Code!) is not { } step)
            return AuthErrors.CodeInvalid;

        await db.ExecuteAsync(
            "update totp set confirmed_at = now(), last_step = @step where account_id = @UserId",
            new { Caller.UserId, step },
            transaction
        );
        var codes = await factor.RenewCodes(db, transaction, Caller.UserId);
        await Sessions.EndAll(db, transaction, Caller.UserId, "second_factor_enabled", Caller.SessionId);
        await Tickets.VoidSignIns(db, transaction, Caller.UserId);
        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(AuditActions.TotpEnabled, Caller.UserId, Origin.Of(HttpContext), Caller.UserId)
        );
        await transaction.CommitAsync(CancellationToken.None);
        return Answer<Response>.Of(
            new Response(codes),
            "The second factor is on. Keep these codes: they are not shown again"
        );
    }
}

[JsonSerializable(typeof(ConfirmTotp.Request))]
[JsonSerializable(typeof(Envelope<ConfirmTotp.Response>))]
internal sealed partial class ConfirmTotpJson : JsonSerializerContext;

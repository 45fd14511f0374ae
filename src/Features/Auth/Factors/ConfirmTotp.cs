using System.Text.Json.Serialization;
using Dapper;
using FluentValidation;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.Factors;

/// <summary>
/// Turns the second factor on once the app has shown that it has the seed. The recovery codes are in this answer and
/// nowhere else; every other session ends.
/// </summary>
internal static class ConfirmTotp
{
    private static readonly TimeSpan SeedLifetime = TimeSpan.FromMinutes(15);

    internal sealed record Request(string? Code);

    internal sealed record Response(string[] RecoveryCodes) : INeverStored;

    internal sealed class Rules : RulesFor<Request>
    {
        public Rules() => RuleFor(r => r.Code).Present();
    }

    private static readonly Rules Validator = new();

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/api/v1/auth/2fa/totp/confirm", Handle)
            .WithName("ConfirmTotp")
            .Requires(Permissions.AccountSecure)
            .Documented(
                "Auth",
                "Turn on the authenticator app",
                new Response(["4hk2p-9xwqz", "c7m3n-rt8v5"]),
                new Request("123456"),
                errors: [Errors.Validation, AuthErrors.SessionEnded, AuthErrors.CodeInvalid, AuthErrors.TotpNotBegun]
            );

    private static async Task<Answer<Response>> Handle(
        Request request,
        Caller caller,
        SecondFactor factor,
        PostgresSource postgres,
        HttpContext http,
        CancellationToken ct
    )
    {
        if (Validator.Refuse(request) is { } refused)
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        if (await LockedAccount.HoldOf(db, transaction, caller) is { Error: { } over })
            return over;
        var pending = await db.QuerySingleOrDefaultAsync<SecondFactor.SeedRow>(
            """
            select sealed from totp where account_id = @UserId and confirmed_at is null
              and created_at > now() - @SeedLifetime for update
            """,
            new { caller.UserId, SeedLifetime },
            transaction
        );
        if (pending is null)
            return AuthErrors.TotpNotBegun;
        if (factor.StepOf(pending.Sealed, caller.UserId, request.Code!) is not { } step)
            return AuthErrors.CodeInvalid;

        await db.ExecuteAsync(
            "update totp set confirmed_at = now(), last_step = @step where account_id = @UserId",
            new { caller.UserId, step },
            transaction
        );
        var codes = await factor.RenewCodes(db, transaction, caller.UserId);
        await Sessions.EndAll(db, transaction, caller.UserId, "second_factor_enabled", caller.SessionId);
        await Tickets.VoidSignIns(db, transaction, caller.UserId);
        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(AuditActions.TotpEnabled, caller.UserId, Origin.Of(http), caller.UserId)
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

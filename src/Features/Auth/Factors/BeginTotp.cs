using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Auth.Factors;

/// <summary>
/// Makes a seed for an authenticator app. Nothing is asked of anybody until a code of it is confirmed; asking again
/// replaces it.
/// </summary>
internal sealed class BeginTotp(SecondFactor factor, PostgresSource postgres) : Slice<BeginTotp.Response>
{
    internal new sealed record Response(string Secret, string OtpauthUri, string QrSvg) : INeverStored;

    public override void Configure()
    {
        Post("/2fa/totp");
        Group<AuthGroup>();
        Description(route =>
            route
                .Requires(AccountSecure)
                .Fresh()
                .Described(
                    "Begin to add an authenticator app",
                    new Response(
                        "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
                        "otpauth://totp/Veza:mira%40example.org?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Veza&algorithm=SHA1&digits=6&period=30",
                        "<svg/>"
                    ),
                    errors: [AuthErrors.SessionEnded, AuthErrors.TotpAlreadyOn]
                )
        );
    }

    protected override async Task<Answer<Response>> Execute(CancellationToken ct)
    {
        var seed = TimeCodes.NewSeed();
        var sealedSeed = new PgValue<byte[]>(factor.Seal(seed, Caller.UserId));
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var (account, over) = await LockedAccount.HoldOf(db, transaction, Caller);
        if (account is null)
            return over!;
        var begun = await db.ExecuteAsync(
            """
            insert into totp (account_id, sealed) values (@UserId, @sealedSeed)
            on conflict (account_id) do update set sealed = excluded.sealed, created_at = now(), last_step = -1
              where totp.confirmed_at is null
            """,
            new { Caller.UserId, sealedSeed },
            transaction
        );
        if (begun == 0)
            return AuthErrors.TotpAlreadyOn;
        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(AuditActions.TotpBegun, Caller.UserId, Origin.Of(HttpContext), Caller.UserId)
        );
        await transaction.CommitAsync(CancellationToken.None);
        var link = TimeCodes.Link(seed, account.Email);
        return new Response(TimeCodes.Base32(seed), link, QrDrawing.Svg(link));
    }
}

[JsonSerializable(typeof(Envelope<BeginTotp.Response>))]
internal sealed partial class BeginTotpJson : JsonSerializerContext;

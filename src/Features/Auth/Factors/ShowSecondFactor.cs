using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Auth.Factors;

/// <summary>
/// How the account is secured beyond its password: whether an app is asked, and what is left for the day it is lost.
/// </summary>
[HotRead]
internal sealed class ShowSecondFactor(PostgresSource postgres) : Slice<ShowSecondFactor.Response>
{
    internal new sealed record Response(
        bool Enabled,
        DateTime? EnabledAt,
        long RecoveryCodesLeft,
        long TrustedDevices,
        long Passkeys
    );

    public override void Configure()
    {
        Get("/2fa");
        Group<AuthGroup>();
        Description(route =>
            route
                .Requires(AccountRead)
                .Described(
                    "Show the state of the second factor",
                    new Response(true, Account.Example.CreatedAt, 10, 1, 2)
                )
        );
    }

    protected override async Task<Answer<Response>> Execute(CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await db.QuerySingleAsync<Response>(
            """
            select exists (select 1 from totp where account_id = @UserId and confirmed_at is not null) as enabled,
                   (select confirmed_at from totp where account_id = @UserId) as enabled_at,
                   (select count(*) from recovery_code where account_id = @UserId
                     and used_at is null) as recovery_codes_left,
                   (select count(*) from trusted_device where account_id = @UserId and expires_at > now()
                       and created_at >= (select password_changed_at from account
                         where id = @UserId)) as trusted_devices,
                   (select count(*) from passkey where account_id = @UserId) as passkeys
            """,
            new { Caller.UserId }
        );
    }
}

[JsonSerializable(typeof(Envelope<ShowSecondFactor.Response>))]
internal sealed partial class ShowSecondFactorJson : JsonSerializerContext;

using Npgsql;
using Veza.Features.Auth;
using Veza.Features.Auth.Accounts;
using Veza.Features.Auth.Factors;
using Veza.Features.Auth.Keys;
using Veza.Infrastructure.Security;

namespace Veza.Tests.Features.Auth;

/// <summary>What ends credentials and standing, as the slices do it, in a transaction of the test's own.</summary>
internal static class AccountChanges
{
    private static readonly string Another = BCrypt.Net.BCrypt.HashPassword("a longer sentence is better", 4);

    internal static Func<NpgsqlConnection, NpgsqlTransaction, Task> Of(StagedPerson who, string change) =>
        async (db, transaction) =>
        {
            var account = (await LockedAccount.Hold(db, transaction, who.Id))!;
            switch (change)
            {
                case "the password changes":
                    await Run(
                        db,
                        transaction,
                        "update account set password_hash = $2, password_changed_at = clock_timestamp() where id = $1",
                        who.Id,
                        Another
                    );
                    await Sessions.EndAll(db, transaction, who.Id, "password_changed", who.Home.Id);
                    await Tickets.VoidAll(db, transaction, who.Id);
                    break;
                // By whoever forgets something: the hash alone.
                case "the hash changes":
                    await Run(db, transaction, "update account set password_hash = $2 where id = $1", who.Id, Another);
                    break;
                case "the address is proven":
                    await who.Stage.Proof.Settle(db, transaction, account, Origin.Veza);
                    break;
                case "the account is suspended":
                    await Run(db, transaction, "update account set suspended_at = now() where id = $1", who.Id);
                    await Sessions.EndAll(db, transaction, who.Id, "suspended");
                    await ApiKeys.Refresh(db, transaction, who.Id);
                    await Tickets.VoidSignIns(db, transaction, who.Id);
                    break;
                // As one who begins a session beside it would meet it.
                case "the account is suspended, and nothing else":
                    await Run(db, transaction, "update account set suspended_at = now() where id = $1", who.Id);
                    break;
                case "the roles are taken":
                    await Run(db, transaction, "update account set roles = '{user}' where id = $1", who.Id);
                    await AccountStanding.RefreshTokens(db, transaction, who.Id);
                    break;
                case "the session ends":
                    await Sessions.End(db, transaction, who.Id, who.Other.Id, "ended_by_owner");
                    break;
                case "the passkey is removed":
                    await Run(db, transaction, "delete from passkey where id = $1", who.PasskeyId);
                    break;
                case "the identity is unlinked":
                    await Run(db, transaction, "delete from identity where id = $1", who.IdentityId);
                    await Tickets.VoidSignIns(db, transaction, who.Id);
                    break;
                case "the app is turned off":
                    await Run(db, transaction, "delete from totp where account_id = $1", who.Id);
                    await Run(db, transaction, "delete from recovery_code where account_id = $1", who.Id);
                    await TrustedDevices.ForgetAll(db, transaction, who.Id);
                    await Tickets.VoidSignIns(db, transaction, who.Id);
                    break;
                case "the app is turned on":
                    await Run(
                        db,
                        transaction,
                        "insert into totp (account_id, sealed, confirmed_at) values ($1, $2, now())",
                        who.Id,
                        who.Stage.Factor.Seal(who.App.Seed, who.Id)
                    );
                    await Sessions.EndAll(db, transaction, who.Id, "second_factor_enabled", who.Home.Id);
                    break;
                case "the device is forgotten":
                    await TrustedDevices.ForgetAll(db, transaction, who.Id);
                    break;
                case "the address changes":
                    await Run(db, transaction, "update account set email = 'moved-' || email where id = $1", who.Id);
                    await Tickets.VoidAll(db, transaction, who.Id);
                    break;
                default:
                    throw new ArgumentException(change);
            }
        };

    private static async Task Run(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        string sql,
        params object[] values
    )
    {
        await using var command = new NpgsqlCommand(sql, db, transaction);
        foreach (var value in values)
            command.Parameters.AddWithValue(value);
        await command.ExecuteNonQueryAsync();
    }
}

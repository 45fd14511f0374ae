using Dapper;
using Npgsql;
using Veza.Infrastructure.Cli;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.Accounts;

/// <summary>
/// The verb <c>veza admin create EMAIL USERNAME</c>: makes an account that is admin, with a password from standard
/// input; an account that is there already becomes admin and keeps its password.
/// </summary>
internal static class CreateAdmin
{
    internal sealed record Made(Guid Id, string Username, bool IsNew);

    internal static async Task<int> Run(string[] args)
    {
        if (args is not ["create", var email, var username])
            return await Usage.Explain(["admin", .. args]);
        if (Usage.Settings() is not { } settings)
            return Usage.Failed;
        if (!AccountRules.IsEmail(email) || !AccountRules.IsUsername(username))
            return Fail(
                $"'{email}' is no e-mail address, or '{username}' no username (3 to 30 of a-z, digits, - and _, "
                    + $"one of a-z first)."
            );
        await using var postgres = PostgresSource.Open(settings.Postgres, "admin");
        await using var db = await postgres.OpenConnectionAsync();
        await using var transaction = await db.BeginTransactionAsync();
        var made = await Promote(db, transaction, email, username);
        if (made is null)
        {
            if (!Console.IsInputRedirected)
                Console.Error.Write("Password: ");
            var password = Console.ReadLine() ?? "";
            if (password.Length < AccountRules.PasswordCharsMin || !PasswordHasher.Fits(password))
                return Fail(
                    $"The password has {AccountRules.PasswordCharsMin} characters at least and "
                        + $"{PasswordHasher.PasswordBytesMax} bytes at most."
                );
            made = await Insert(
                db,
                transaction,
                email,
                username,
                BCrypt.Net.BCrypt.HashPassword(password, PasswordHasher.Cost)
            );
        }

        if (made is null)
            return Fail("The username is taken by an account with another address.");
        await AccountStanding.RefreshTokens(db, transaction, made.Id);
        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(
                AuditActions.RolesChanged,
                made.Id,
                Origin.Veza,
                DetailJson: """{"roles":["user","admin"],"by":"operator"}"""
            )
        );
        await transaction.CommitAsync();
        Console.WriteLine(
            made.IsNew ? $"{made.Username} is there and is admin." : $"{made.Username} was there and is admin now."
        );
        return Usage.Ok;
    }

    private static Task<Made?> Promote(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        string email,
        string username
    ) =>
        db.QuerySingleOrDefaultAsync<Made>(
            """
            update account set roles = (select array_agg(distinct role)
              from unnest(roles || '{user,admin}'::text[]) as role), updated_at = now()
             where lower(email) = lower(@email) and lower(username) = lower(@username)
            returning id, username, false as is_new
            """,
            new { email, username },
            transaction
        );

    private static Task<Made?> Insert(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        string email,
        string username,
        string passwordHash
    )
    {
        var id = Guid.CreateVersion7();
        return db.QuerySingleOrDefaultAsync<Made>(
            """
            insert into account (id, email, username, display_name, password_hash, roles, email_verified_at)
            values (@id, @email, @username, @username, @passwordHash, '{user,admin}', now())
            on conflict do nothing
            returning id, username, true as is_new
            """,
            new
            {
                id,
                email,
                username,
                passwordHash,
            },
            transaction
        );
    }

    private static int Fail(string reason)
    {
        Console.Error.WriteLine($"veza: {reason}");
        return Usage.Failed;
    }
}

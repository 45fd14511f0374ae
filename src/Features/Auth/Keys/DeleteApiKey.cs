using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Auth.Keys;

/// <summary>Deletes an API key: within two seconds no node takes it.</summary>
internal sealed class DeleteApiKey(PostgresSource postgres) : Slice<DeleteApiKey.Request, Nothing>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Delete("/api-keys/{id}");
        Group<AuthGroup>();
        Description(route =>
            route
                .Requires(AccountSecure)
                .Described(
                    "Delete an API key",
                    Nothing.Value,
                    errors: [AuthErrors.SessionEnded, AuthErrors.ApiKeyNotFound]
                )
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        if (await LockedAccount.HoldOf(db, transaction, Caller) is { Error: { } over })
            return over;
        var deleted = await db.ExecuteScalarAsync<long>(
            """
            with deleted as (delete from api_key where id = @id and account_id = @UserId returning id),
            revoked as (
              insert into revocation (subject, epoch_min, expires_at) select id, 2147483647, now() + @keptFor
                from deleted
              on conflict (subject) do update set epoch_min = excluded.epoch_min, expires_at = excluded.expires_at
              returning subject
            )
            select count(pg_notify('veza_revocation', subject || ' 2147483647')) from revoked
            """,
            new
            {
                id,
                Caller.UserId,
                keptFor = Revocations.KeptFor,
            },
            transaction
        );
        if (deleted == 0)
            return AuthErrors.ApiKeyNotFound;
        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(
                AuditActions.ApiKeyDeleted,
                Caller.UserId,
                Origin.Of(HttpContext),
                Caller.UserId,
                $$"""{"key":"{{id}}"}"""
            )
        );
        await transaction.CommitAsync(CancellationToken.None);
        return Answer<Nothing>.Of(Nothing.Value, "The key is deleted");
    }
}

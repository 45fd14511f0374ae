using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Auth.Passkeys;

/// <summary>The caller's passkeys, the oldest first.</summary>
internal sealed class ListPasskeys(PostgresSource postgres) : Slice<Passkey[]>
{
    public override void Configure()
    {
        Get("/passkeys");
        Group<AuthGroup>();
        Description(route => route.Requires(AccountRead).Described("List your passkeys", new[] { Passkey.Example }));
    }

    protected override async Task<Answer<Passkey[]>> Execute(CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var passkeys = await db.QueryAsync<Passkey>(
            """
            select id, name, algorithm, transports, backed_up, created_at, last_used_at from passkey
              where account_id = @UserId order by created_at limit @PerAccountMax
            """,
            new { Caller.UserId, Passkey.PerAccountMax }
        );
        return passkeys.ToArray();
    }
}

[JsonSerializable(typeof(Envelope<Passkey[]>))]
internal sealed partial class ListPasskeysJson : JsonSerializerContext;

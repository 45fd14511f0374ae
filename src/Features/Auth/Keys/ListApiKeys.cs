using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Auth.Keys;

/// <summary>The caller's API keys, the newest first, by name and first characters.</summary>
internal sealed class ListApiKeys(PostgresSource postgres) : Slice<ApiKey[]>
{
    public override void Configure()
    {
        Get("/api-keys");
        Group<AuthGroup>();
        Description(route => route.Requires(AccountRead).Described("List your API keys", new[] { ApiKey.Example }));
    }

    protected override async Task<Answer<ApiKey[]>> Execute(CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var keys = await db.QueryAsync<ApiKey>(
            """
            select id, name, prefix, scopes, created_at, last_used_at, expires_at from api_key
              where account_id = @UserId order by created_at desc limit @PerAccountMax
            """,
            new { Caller.UserId, ApiKeys.PerAccountMax }
        );
        return keys.ToArray();
    }
}

[JsonSerializable(typeof(Envelope<ApiKey[]>))]
internal sealed partial class ListApiKeysJson : JsonSerializerContext;

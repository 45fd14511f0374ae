using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.Keys;

/// <summary>The caller's API keys, the newest first, by name and first characters.</summary>
internal static class ListApiKeys
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/auth/api-keys", Handle)
            .WithName("ListApiKeys")
            .Requires(Permissions.AccountRead)
            .Documented("Auth", "List your API keys", new[] { ApiKey.Example });

    private static async Task<Answer<ApiKey[]>> Handle(Caller caller, PostgresSource postgres, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var keys = await db.QueryAsync<ApiKey>(
            """
            select id, name, prefix, scopes, created_at, last_used_at, expires_at from api_key
              where account_id = @UserId order by created_at desc limit @PerAccountMax
            """,
            new { caller.UserId, ApiKeys.PerAccountMax }
        );
        return keys.ToArray();
    }
}

[JsonSerializable(typeof(Envelope<ApiKey[]>))]
internal sealed partial class ListApiKeysJson : JsonSerializerContext;

using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.Passkeys;

/// <summary>The caller's passkeys, the oldest first.</summary>
internal static class ListPasskeys
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/auth/passkeys", Handle)
            .WithName("ListPasskeys")
            .Requires(Permissions.AccountRead)
            .Documented("Auth", "List your passkeys", new[] { Passkey.Example });

    private static async Task<Answer<Passkey[]>> Handle(Caller caller, PostgresSource postgres, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var passkeys = await db.QueryAsync<Passkey>(
            """
            select id, name, algorithm, transports, backed_up, created_at, last_used_at from passkey
              where account_id = @UserId order by created_at limit @PerAccountMax
            """,
            new { caller.UserId, Passkey.PerAccountMax }
        );
        return passkeys.ToArray();
    }
}

[JsonSerializable(typeof(Envelope<Passkey[]>))]
internal sealed partial class ListPasskeysJson : JsonSerializerContext;

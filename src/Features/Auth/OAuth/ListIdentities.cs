using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.OAuth;

/// <summary>The accounts elsewhere that sign in to the caller's account.</summary>
internal static class ListIdentities
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/auth/identities", Handle)
            .WithName("ListIdentities")
            .Requires(Permissions.AccountSecure)
            .Documented("Auth", "List your linked accounts at other providers", new[] { Identity.Example });

    private static async Task<Answer<Identity[]>> Handle(Caller caller, PostgresSource postgres, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return (Identity[])
            [
                .. await db.QueryAsync<Identity>(
                    """
                    select id, provider, email, email_verified, username, created_at, last_used_at from identity
                      where account_id = @UserId order by created_at
                    """,
                    new { caller.UserId }
                ),
            ];
    }
}

[JsonSerializable(typeof(Envelope<Identity[]>))]
internal sealed partial class ListIdentitiesJson : JsonSerializerContext;

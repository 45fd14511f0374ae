using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth;

/// <summary>The signed-in user, as the account stands now.</summary>
[HotRead]
internal static class ShowMe
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/auth/me", Handle)
            .WithName("ShowMe")
            .Requires(Permissions.AccountRead)
            .Documented("Auth", "Show the signed-in user", Account.Example);

    private static async Task<Answer<Account>> Handle(Caller caller, PostgresSource postgres, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var account = await db.QuerySingleOrDefaultAsync<Account>(
            """
            select id, username, display_name, email, avatar_url, bio, roles, plan, created_at from account
              where id = @UserId
            """,
            new { caller.UserId }
        );
        return account is null ? Errors.TokenInvalid : account;
    }
}

[JsonSerializable(typeof(Envelope<Account>))]
internal sealed partial class ShowMeJson : JsonSerializerContext;

using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Auth;

/// <summary>The signed-in user, as the account stands now.</summary>
[HotRead]
internal sealed class ShowMe(PostgresSource postgres) : Slice<Account>
{
    public override void Configure()
    {
        Get("/me");
        Group<AuthGroup>();
        Description(route => route.Requires(AccountRead).Described("Show the signed-in user", Account.Example));
    }

    protected override async Task<Answer<Account>> Execute(CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var account = await db.QuerySingleOrDefaultAsync<Account>(
            """
            select id, username, display_name, email, avatar_url, bio, roles, plan, created_at from account
              where id = @UserId
            """,
            new { Caller.UserId }
        );
        return account is null ? Errors.TokenInvalid : account;
    }
}

[JsonSerializable(typeof(Envelope<Account>))]
internal sealed partial class ShowMeJson : JsonSerializerContext;

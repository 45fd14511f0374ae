using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Auth.OAuth;

/// <summary>The accounts elsewhere that sign in to the caller's account.</summary>
internal sealed class ListIdentities(PostgresSource postgres) : Slice<Identity[]>
{
    public override void Configure()
    {
        Get("/identities");
        Group<AuthGroup>();
        Description(route =>
            route
                .Requires(AccountSecure)
                .Described("List your linked accounts at other providers", new[] { Identity.Example })
        );
    }

    protected override async Task<Answer<Identity[]>> Execute(CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return (Identity[])
            [
                .. await db.QueryAsync<Identity>(
                    """
                    select id, provider, email, email_verified, username, created_at, last_used_at from identity
                      where account_id = @UserId order by created_at
                    """,
                    new { Caller.UserId }
                ),
            ];
    }
}

[JsonSerializable(typeof(Envelope<Identity[]>))]
internal sealed partial class ListIdentitiesJson : JsonSerializerContext;

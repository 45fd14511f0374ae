using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Users;

/// <summary>
/// The profile of whoever is signed in: what others see of it, and the e-mail, which is theirs alone.
/// </summary>
[HotRead]
internal sealed class ShowOwnProfile(PostgresSource postgres) : Slice<ShowOwnProfile.Response>
{
    internal new sealed record Response(
        Guid Id,
        string Username,
        string DisplayName,
        string? AvatarUrl,
        string Email,
        string[] Roles,
        DateTime CreatedAt,
        long FollowerCount,
        long FollowingCount
    );

    private static readonly Response Example = new(
        Guid.Parse("019b0c5e-8a30-7c11-9d3e-5f0d4c1a2b3c"),
        "mira",
        "Mira",
        null,
        "mira@example.org",
        ["user"],
        new DateTime(2026, 3, 1, 18, 30, 0, DateTimeKind.Utc),
        120,
        34
    );

    public override void Configure()
    {
        Get("/me");
        Group<UsersGroup>();
        Description(route => route.Requires(AccountRead).Described("Your own profile", Example));
    }

    protected override async Task<Answer<Response>> Execute(CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var profile = await db.QuerySingleOrDefaultAsync<Response>(
            """
            select a.id, a.username, a.display_name, a.avatar_url, a.email, a.roles, a.created_at,
                   coalesce(c.follower_count, 0) as follower_count, coalesce(c.following_count, 0) as following_count
              from account a left join audience c on c.account_id = a.id
             where a.id = @UserId
            """,
            new { Caller.UserId }
        );
        return profile is null ? Errors.TokenInvalid : profile;
    }
}

[JsonSerializable(typeof(Envelope<ShowOwnProfile.Response>))]
internal sealed partial class ShowOwnProfileJson : JsonSerializerContext;

using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Users;

/// <summary>
/// A user as everybody sees them: without the e-mail. Where one of the two blocks the other, there is no such user.
/// </summary>
[HotRead]
internal sealed class ShowUser(PostgresSource postgres) : Slice<ShowUser.Request, ShowUser.Response>
{
    internal sealed record Request(Guid Id);

    internal new sealed record Response(
        Guid Id,
        string Username,
        string DisplayName,
        string? AvatarUrl,
        string Bio,
        string[] Roles,
        string Plan,
        DateTime CreatedAt,
        long FollowerCount,
        long FollowingCount
    );

    internal static readonly Response Example = new(
        Guid.Parse("019b0c5e-8a30-7c11-9d3e-5f0d4c1a2b3c"),
        "mira",
        "Mira",
        null,
        "",
        ["user"],
        "free",
        new DateTime(2026, 3, 1, 18, 30, 0, DateTimeKind.Utc),
        120,
        34
    );

    public override void Configure()
    {
        Get("/{id}");
        Group<UsersGroup>();
        Description(route =>
            route
                .Anonymous(seesMoreWith: AccountRead)
                .Described("Show a user", Example, errors: UsersReads.UserNotFound)
        );
    }

    public override async Task<Answer<Response>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var user = await db.QuerySingleOrDefaultAsync<Response>(
            $"""
            select a.id, a.username, a.display_name, a.avatar_url, a.bio, a.roles, a.plan, a.created_at,
                   coalesce(c.follower_count, 0) as follower_count, coalesce(c.following_count, 0) as following_count
              from account a left join audience c on c.account_id = a.id
             where a.id = @id and a.id not in ({UsersReads.BlockedBy} @callerId)
            """,
            new { id, callerId = CallerIfAny?.UserId }
        );
        return user is null ? UsersReads.UserNotFound : user;
    }
}

[JsonSerializable(typeof(Envelope<ShowUser.Response>))]
internal sealed partial class ShowUserJson : JsonSerializerContext;

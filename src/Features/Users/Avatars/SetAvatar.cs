using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Media;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Users.Avatars;

/// <summary>
/// Gives the signed-in user an avatar, or another one: the picture as the body, or in a form. It is made anew, and
/// there when the answer is.
/// </summary>
internal sealed class SetAvatar(PostgresSource postgres, PictureStudio studio, IObjectStore store, StorageClaims claims)
    : Slice<SetAvatar.Response>
{
    internal new sealed record Response(
        Guid Id,
        string Username,
        string DisplayName,
        string Email,
        string? AvatarUrl,
        string Bio,
        string[] Roles,
        string Plan,
        DateTime CreatedAt
    );

    private static readonly Response Example = new(
        Guid.Parse("019b0c5e-8a30-7c11-9d3e-5f0d4c1a2b3c"),
        "mira",
        "Mira",
        "mira@example.org",
        "/api/v1/users/019b0c5e-8a30-7c11-9d3e-5f0d4c1a2b3c/avatar?v=019b0c61471c7d3a9b50c2d8e4f60718",
        "",
        ["user"],
        "free",
        new DateTime(2026, 3, 1, 18, 30, 0, DateTimeKind.Utc)
    );

    public override void Configure()
    {
        Put("/me/avatar");
        Group<UsersGroup>();
        Description(route =>
            route
                .Requires(AccountWrite)
                .WithMetadata(PictureStudio.Limit)
                .Described("Set your avatar", Example, errors: PictureStudio.Refusals)
        );
    }

    protected override async Task<Answer<Response>> Execute(CancellationToken ct)
    {
        var picture = await studio.Take(HttpContext.Request, Avatar.Sizes, ct);
        var id = Guid.CreateVersion7();
        await using var claim = await claims.Take(Avatar.PrefixOf(Caller.UserId, id), ct);
        var bytes = new PgValue<int[]>(await StoredPicture.Put(store, claim.Prefix, picture, Avatar.Sizes, ct));

        // From here on a client that hangs up has its avatar all the same.
        await using var db = await postgres.OpenConnectionAsync(CancellationToken.None);
        await using var transaction = await db.BeginTransactionAsync(CancellationToken.None);
        var replaced = await db.QuerySingleOrDefaultAsync<Avatar.Replaced>(
            """
            with before as (select id, avatar_id from account where id = @UserId for no key update)
            update account set avatar_id = @id, avatar_bytes = @bytes, avatar_url = @url, updated_at = now() from before
              where account.id = before.id returning before.avatar_id
            """,
            new
            {
                Caller.UserId,
                id,
                bytes,
                url = Avatar.UrlOf(Caller.UserId, id),
            },
            transaction
        );
        if (replaced is null)
            return Errors.TokenInvalid;
        if (replaced.AvatarId is { } old)
            await StorageClaims.Forsake(db, transaction, Avatar.PrefixOf(Caller.UserId, old));
        var account = await db.QuerySingleAsync<Response>(
            """
            select id, username, display_name, email, avatar_url, bio, roles, plan, created_at from account
              where id = @UserId
            """,
            new { Caller.UserId },
            transaction
        );
        if (!await StorageClaim.Commit(db, transaction, claim))
            return Errors.Unavailable.Saying("The picture took so long that its place was swept; send it again");
        await db.DisposeAsync();
        if (replaced.AvatarId is { } gone)
            await claims.SweepNow(Avatar.PrefixOf(Caller.UserId, gone));
        return Answer<Response>.Of(account, "The avatar is set");
    }
}

[JsonSerializable(typeof(Envelope<SetAvatar.Response>))]
internal sealed partial class SetAvatarJson : JsonSerializerContext;

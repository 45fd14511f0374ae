using Dapper;
using FastEndpoints;
using Microsoft.Net.Http.Headers;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Media;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Users.Avatars;

/// <summary>A user's avatar as JPEG in the size that suits; of a user who has none, a pattern as SVG.</summary>
[HotRead]
internal sealed class ShowAvatar(PostgresSource postgres, IObjectStore store) : ResultSlice<ShowAvatar.Request>
{
    internal sealed record Request(Guid Id, int? Size);

    internal sealed record Row(Guid? AvatarId, int[]? AvatarBytes);

    public override void Configure()
    {
        Verbs(Http.GET, Http.HEAD);
        Routes("/{id}/avatar");
        Group<UsersGroup>();
        Description(route =>
            route
                .Anonymous()
                .Produces(StatusCodes.Status200OK, contentType: StoredPicture.ContentType)
                .Produces(StatusCodes.Status200OK, contentType: Identicon.ContentType)
                .Described("Show a user's avatar", errors: [UsersReads.UserNotFound, Errors.Validation])
        );
    }

    public override async Task<IResult> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        Row? row;
        await using (var db = await postgres.OpenConnectionAsync(ct))
        {
            row = await db.QuerySingleOrDefaultAsync<Row>(
                """
                select avatar_id, avatar_bytes from account where id = @id
                """,
                new { id }
            );
        }

        if ((row is null ? UsersReads.UserNotFound : StoredPicture.Refuse(request.Size)) is { } refused)
            await ErrorWriter.Write(HttpContext, refused);
        else if (row!.AvatarId is { } avatar)
            await new StoredPicture(Avatar.PrefixOf(id, avatar), avatar, Avatar.Sizes, row.AvatarBytes!).Send(
                HttpContext,
                store,
                request.Size,
                isPublic: true,
                UsersReads.UserNotFound,
                ct
            );
        else
            await Pattern(id).ExecuteAsync(WithHeaders(HttpContext));
        return Results.Empty;
    }

    private static IResult Pattern(Guid id) =>
        TypedResults.Bytes(
            System.Text.Encoding.ASCII.GetBytes(Identicon.Svg(id)),
            Identicon.ContentType,
            entityTag: new EntityTagHeaderValue("\"pattern-1\"")
        );

    private static HttpContext WithHeaders(HttpContext http)
    {
        // An SVG that is opened by itself is a document: it runs nothing and loads nothing.
        http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        http.Response.Headers.CacheControl = "public, max-age=60";
        return http;
    }
}

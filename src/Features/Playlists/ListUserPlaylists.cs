using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Playlists;

/// <summary>Somebody's public playlists, newest first.</summary>
[HotRead]
internal static class ListUserPlaylists
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/users/{id}/playlists", Handle)
            .WithName("ListUserPlaylists")
            .Anonymous(seesMoreWith: Permissions.TracksRead)
            .Documented(
                "Playlists",
                "List a user's public playlists",
                new[] { Playlist.Example },
                errors: [Errors.Validation, Errors.PageTooDeep, UsersReads.UserNotFound]
            );

    private static async Task<Answer<Playlist[]>> Handle(
        Guid id,
        int? page,
        int? per_page,
        Caller? caller,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
        if (Paging.Read(page, per_page, out var paging) is { } refused)
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var asked = new
        {
            id,
            callerId = caller?.UserId,
            limit = paging.PerPage,
            offset = paging.Offset,
            countMax = Paging.ResultsMax,
        };
        var rows = await db.QueryAsync<PlaylistRow>(
            $"""
            select {PlaylistRow.Columns} from {PlaylistRow.From}
             where p.owner_id = @id and p.visibility = 'public' order by p.created_at desc, p.id
               limit @limit offset @offset
            """,
            asked
        );
        var total = await db.ExecuteScalarAsync<long>(
            """
            select count(*) from (select 1 from playlist where owner_id = @id and visibility = 'public'
              limit @countMax) counted
            """,
            asked
        );
        if (
            total == 0
            && !await db.ExecuteScalarAsync<bool>("select exists (select 1 from account where id = @id)", new { id })
        )
            return UsersReads.UserNotFound;
        return Answer<Playlist[]>.Of([.. rows.Select(row => row.ToPlaylist())], "OK", meta: paging.Meta(total));
    }
}

using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Playlists;

/// <summary>Somebody's public playlists, newest first.</summary>
[HotRead]
internal sealed class ListUserPlaylists(PostgresSource postgres) : Slice<ListUserPlaylists.Request, Playlist[]>
{
    internal sealed record Request(Guid Id, int? Page, int? PerPage);

    public override void Configure()
    {
        Get("/users/{id}/playlists");
        Group<PlaylistsGroup>();
        Description(route =>
            route
                .Anonymous(seesMoreWith: TracksRead)
                .Described(
                    "List a user's public playlists",
                    new[] { Playlist.Example },
                    errors: [Errors.Validation, Errors.PageTooDeep, UsersReads.UserNotFound]
                )
        );
    }

    public override async Task<Answer<Playlist[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        if (Paging.Read(request.Page, request.PerPage, out var paging) is { } refused)
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var asked = new
        {
            id,
            callerId = CallerIfAny?.UserId,
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

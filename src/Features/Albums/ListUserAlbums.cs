using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Albums;

/// <summary>Somebody's public albums, newest first; of the caller's own all.</summary>
[HotRead]
internal sealed class ListUserAlbums(PostgresSource postgres) : Slice<ListUserAlbums.Request, Album[]>
{
    internal sealed record Request(Guid Id, int? Page, int? PerPage);

    public override void Configure()
    {
        Get("/users/{id}/albums");
        Group<AlbumsGroup>();
        Description(route =>
            route
                .Anonymous(seesMoreWith: TracksRead)
                .Described(
                    "List a user's albums",
                    new[] { Album.Example with { Tracks = null } },
                    errors: [Errors.Validation, Errors.PageTooDeep, UsersReads.UserNotFound]
                )
        );
    }

    public override async Task<Answer<Album[]>> ExecuteAsync(Request request, CancellationToken ct)
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
        };
        var rows = await db.QueryAsync<AlbumRow>(
            $"""
            select {AlbumRow.Columns} from {AlbumRow.From}
             where b.account_id = @id and (b.visibility = 'public' or b.account_id = @callerId)
               order by b.created_at desc, b.id limit @limit offset @offset
            """,
            asked
        );
        var total = await db.ExecuteScalarAsync<long>(
            "select count(*) from album where account_id = @id and (visibility = 'public' or account_id = @callerId)",
            asked
        );
        if (
            total == 0
            && !await db.ExecuteScalarAsync<bool>("select exists (select 1 from account where id = @id)", new { id })
        )
            return UsersReads.UserNotFound;
        return Answer<Album[]>.Of([.. rows.Select(row => row.ToAlbum())], "OK", meta: paging.Meta(total));
    }
}

using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Playlists;

/// <summary>
/// The caller's playlists, newest first: their own, or <c>as</c> collaborator, as invited, or as follower those of
/// others.
/// </summary>
[HotRead]
internal sealed class ListOwnPlaylists(PostgresSource postgres) : Slice<ListOwnPlaylists.Request, Playlist[]>
{
    internal sealed record Request(string? As, int? Page, int? PerPage);

    public override void Configure()
    {
        Get("/users/me/playlists");
        Group<PlaylistsGroup>();
        Description(route =>
            route
                .Requires(TracksRead)
                .Described(
                    "List your playlists, and those you follow or edit",
                    new[] { Playlist.Example },
                    errors: [Errors.Validation, Errors.PageTooDeep]
                )
        );
    }

    public override async Task<Answer<Playlist[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (Paging.Read(request.Page, request.PerPage, out var paging) is { } refused)
            return refused;
        if (request.As is not (null or "owner" or "collaborator" or "invited" or "follower"))
            return Errors.Validation.With(
                new FieldError("as", "NOT_ALLOWED", "as is owner, collaborator, invited or follower")
            );
        await using var db = await postgres.OpenConnectionAsync(ct);
        var asked = new
        {
            callerId = Caller.UserId,
            isAccepted = request.As == "collaborator",
            limit = paging.PerPage,
            offset = paging.Offset,
            countMax = Paging.ResultsMax,
        };
        var (rows, total) = request.As switch
        {
            "collaborator" or "invited" => (
                await db.QueryAsync<PlaylistRow>(Shared, asked),
                await db.ExecuteScalarAsync<long>(SharedCount, asked)
            ),
            "follower" => (
                await db.QueryAsync<PlaylistRow>(Followed, asked),
                await db.ExecuteScalarAsync<long>(FollowedCount, asked)
            ),
            _ => (await db.QueryAsync<PlaylistRow>(Own, asked), await db.ExecuteScalarAsync<long>(OwnCount, asked)),
        };
        return Answer<Playlist[]>.Of([.. rows.Select(row => row.ToPlaylist())], "OK", meta: paging.Meta(total));
    }

    private const string Own = $"""
        select {PlaylistRow.Columns} from {PlaylistRow.From} where p.owner_id = @callerId
          order by p.created_at desc, p.id limit @limit offset @offset
        """;

    private const string OwnCount =
        "select count(*) from (select 1 from playlist where owner_id = @callerId limit @countMax) counted";

    // An invitation of somebody whom the caller blocks or is blocked by does not exist; what they have worked on stays
    // in the list.
    private const string Shared = $"""
        select {PlaylistRow.Columns} from {PlaylistRow.From}
         where m.account_id = @callerId and (m.accepted_at is not null) = @isAccepted
           and (m.accepted_at is not null or p.owner_id not in ({UsersReads.BlockedBy} @callerId))
         order by m.invited_at desc, p.id limit @limit offset @offset
        """;

    private const string SharedCount = $"""
        select count(*) from (
          select 1 from playlist_collaborator m join playlist p on p.id = m.playlist_id
           where m.account_id = @callerId and (m.accepted_at is not null) = @isAccepted
             and (m.accepted_at is not null or p.owner_id not in ({UsersReads.BlockedBy} @callerId))
           limit @countMax) counted
        """;

    private const string Followed = $"""
        select {PlaylistRow.Columns} from playlist_follow l join {PlaylistRow.From} on l.playlist_id = p.id
         where l.account_id = @callerId and {PlaylistRow.Seen} order by l.created_at desc, p.id
           limit @limit offset @offset
        """;

    // Of those that went private since, a few may be counted and not shown.
    private const string FollowedCount =
        "select count(*) from (select 1 from playlist_follow where account_id = @callerId limit @countMax) counted";
}

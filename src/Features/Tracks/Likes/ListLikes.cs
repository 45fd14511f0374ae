using System.Text.Json.Serialization;
using Dapper;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Tracks.Likes;

/// <summary>
/// The tracks that the caller likes, the newest like first. Those that they may no longer see are left out, and come
/// back when they do.
/// </summary>
[HotRead]
internal sealed class ListLikes(PostgresSource postgres) : Slice<ListLikes.Request, ListLikes.Response[]>
{
    internal sealed record Request(int? Limit, string? Cursor);

    internal new sealed record Response(DateTime LikedAt, Track Track);

    internal sealed record Row(Guid TrackId, DateTime CreatedAt);

    public override void Configure()
    {
        Get("/users/me/likes");
        Group<TracksGroup>();
        Description(route =>
            route
                .Requires(TracksRead)
                .Described(
                    "List the tracks you like",
                    new[] { new Response(Track.Example.CreatedAt, Track.Example with { Liked = true }) },
                    errors: [Errors.Validation]
                )
        );
    }

    public override async Task<Answer<Response[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (CursorPage.Read(request.Limit, request.Cursor, CursorPage.NewestFirst, out var seek) is { } refused)
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var place = new
        {
            Caller.UserId,
            before = seek.Moment,
            beforeId = seek.Id,
            limit = seek.Limit + 1,
        };
        var likes = await db.QueryAsync<Row>(
            """
            select l.track_id, l.created_at from track_like l join track t on t.id = l.track_id
             where l.account_id = @UserId and (l.created_at, l.track_id) < (@before, @beforeId)
               and (t.account_id = @UserId or t.is_open)
             order by l.created_at desc, l.track_id desc limit @limit
            """,
            place
        );
        Row[] rows = [.. likes];
        var tracks = await db.QueryAsync<TrackRow>(
            $"""
            select {TrackRow.ColumnsForCaller} from track t join account a on a.id = t.account_id where t.id = any(@ids)
            """,
            new
            {
                callerId = (Guid?)Caller.UserId,
                ids = new PgValue<Guid[]>([.. rows.Take(seek.Limit).Select(r => r.TrackId)]),
            }
        );
        var byId = tracks.ToDictionary(t => t.Id, t => t.ToTrack() with { Liked = true });
        Response[] page =
        [
            .. rows.Take(seek.Limit)
                .Where(r => byId.ContainsKey(r.TrackId))
                .Select(r => new Response(r.CreatedAt, byId[r.TrackId])),
        ];
        var next =
            rows.Length > seek.Limit
                ? CursorPage.After(rows[seek.Limit - 1].CreatedAt, rows[seek.Limit - 1].TrackId)
                : null;
        return Answer<Response[]>.Of(page, "OK", meta: new Meta { NextCursor = new NextCursor(next) });
    }
}

[JsonSerializable(typeof(Envelope<ListLikes.Response[]>))]
internal sealed partial class ListLikesJson : JsonSerializerContext;

using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;
using UserCard = Veza.Features.Users.UsersReads.UserCard;

namespace Veza.Features.Plays;

/// <summary>
/// What the caller has listened to, each track once, the last heard first; their own too. Tracks that they may no
/// longer see are left out.
/// </summary>
[HotRead]
internal sealed class ListHistory(PostgresSource postgres) : Slice<ListHistory.Request, ListHistory.Response[]>
{
    internal sealed record Request(string? Cursor, int? Limit);

    internal sealed record Heard(Guid Id, UserCard User, string Title, string Artist, string Album, long? DurationMs);

    /// <summary>Plays: those that counted.</summary>
    internal new sealed record Response(Heard Track, DateTime LastPlayedAt, long Plays);

    internal sealed record Row(
        Guid Id,
        Guid AccountId,
        string Username,
        string DisplayName,
        string? AvatarUrl,
        string Title,
        string FileName,
        string Artist,
        string Album,
        long? DurationMs,
        DateTime LastPlayedAt,
        long Plays
    )
    {
        internal Response Response =>
            new(
                new Heard(
                    Id,
                    new UserCard(AccountId, Username, DisplayName, AvatarUrl),
                    Title.Length > 0 ? Title : Path.GetFileNameWithoutExtension(FileName),
                    Artist,
                    Album,
                    DurationMs
                ),
                LastPlayedAt,
                Plays
            );
    }

    private static readonly Response Example = new(
        new Heard(
            Guid.Parse("019b0c61-2f4e-7a02-b1c8-7f3e9d5a6b10"),
            new UserCard(Guid.Parse("019b0c5e-8a30-7c11-9d3e-5f0d4c1a2b3c"), "mira", "Mira", null),
            "Night Bus",
            "Mira",
            "Lines",
            214_000
        ),
        new DateTime(2026, 3, 1, 19, 0, 0, DateTimeKind.Utc),
        3
    );

    public override void Configure()
    {
        Get("/users/me/history");
        Group<PlaysGroup>();
        Description(route =>
            route
                .Requires(AccountRead)
                .Described("List your listening history", new[] { Example }, errors: Errors.Validation)
        );
    }

    public override async Task<Answer<Response[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (CursorPage.Read(request.Limit, request.Cursor, CursorPage.NewestFirst, out var seek) is { } refused)
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var found = await db.QueryAsync<Row>(
            """
            select t.id, t.account_id, a.username, a.display_name, a.avatar_url, t.title, t.file_name, t.artist,
              t.album, t.duration_ms, l.last_played_at, l.plays
              from track_listener l join track t on t.id = l.track_id join account a on a.id = t.account_id
             where l.account_id = @UserId and (l.last_played_at, l.track_id) < (@Moment, @Id)
               and (t.account_id = @UserId or t.is_open)
             order by l.last_played_at desc, l.track_id desc limit @Take
            """,
            new
            {
                Caller.UserId,
                seek.Moment,
                seek.Id,
                seek.Take,
            }
        );
        Row[] rows = [.. found];
        var next =
            rows.Length > seek.Limit
                ? CursorPage.After(rows[seek.Limit - 1].LastPlayedAt, rows[seek.Limit - 1].Id)
                : null;
        return Answer<Response[]>.Of(
            [.. rows.Take(seek.Limit).Select(row => row.Response)],
            "OK",
            meta: new Meta { NextCursor = new NextCursor(next) }
        );
    }
}

[JsonSerializable(typeof(Envelope<ListHistory.Response[]>))]
internal sealed partial class ListHistoryJson : JsonSerializerContext;

using System.Text.Json.Serialization;
using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Tracks;

/// <summary>Public tracks, newest first; with <c>q</c> those whose title, artist or album has the words; with one's own <c>user_id</c> also one's own others.</summary>
internal static class ListTracks
{
    internal static void Endpoint(IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/tracks", Handle).WithName("ListTracks").Anonymous(seesMoreWith: Permissions.TracksRead)
        .Documented("Tracks", "Find tracks", new[] { Track.Example }, errors: [Errors.Validation, Errors.PageTooDeep]);

    private static async Task<Answer<Track[]>> Handle(
        string? q, string? genre, string? tag, Guid? user_id, int? page, int? per_page, Caller? caller, NpgsqlDataSource postgres, CancellationToken ct)
    {
        if (Paging.Read(page, per_page, out var paging) is { } refused) return refused;
        if (q is { Length: > TracksModule.QueryCharsMax }) return Errors.Validation.With(new FieldError("q", "TOO_LONG", $"q has at most {TracksModule.QueryCharsMax} characters"));
        await using var db = await postgres.OpenConnectionAsync(ct);
        var filter = new
        {
            pattern = $"%{Escaped(q ?? "")}%", genre = genre ?? "", tags = new PgValue<string[]>(tag is null ? [] : [tag]), userId = user_id ?? Guid.Empty, callerId = caller?.UserId ?? Guid.Empty,
            limit = paging.PerPage, offset = paging.Offset, countMax = Paging.ResultsMax,
        };
        var isNarrowed = genre is not null || tag is not null;
        var (rows, total) = user_id is not null
            ? (await db.QueryAsync<TrackRow>(OfUser + Page, filter), await db.ExecuteScalarAsync<long>(Count + OfUser + CountEnd, filter))
            : string.IsNullOrWhiteSpace(q)
                ? isNarrowed
                    ? (await db.QueryAsync<TrackRow>(Listed + Narrowed + Page, filter), await db.ExecuteScalarAsync<long>(Count + Listed + Narrowed + CountEnd, filter))
                    : (await db.QueryAsync<TrackRow>(Listed + Page, filter), await db.ExecuteScalarAsync<long>(Count + Listed + CountEnd, filter))
                : (await db.QueryAsync<TrackRow>(WithWords + Page, filter), await db.ExecuteScalarAsync<long>(Count + WithWords + CountEnd, filter));
        return Answer<Track[]>.Of([.. rows.Select(row => row.ToTrack())], "OK", meta: paging.Meta(total));
    }

    /// <summary>In a pattern, what a person typed stands for itself.</summary>
    private static string Escaped(string words) => words.Trim().ToLowerInvariant()
        .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal);

    // Three ways in, each by its own index; genre and tag narrow what it yields. One statement with all three would be planned for none.
    private const string Narrowed = " and (@genre = '' or lower(t.genre) = lower(@genre)) and t.tags @> @tags";

    private const string Listed = $"""
        select {TrackRow.ColumnsForCaller} from track t join account a on a.id = t.account_id
         where t.is_listed
        """;

    private const string WithWords = $"""
        select {TrackRow.ColumnsForCaller} from track t join account a on a.id = t.account_id
         where t.is_listed and lower(t.title || ' ' || t.artist || ' ' || t.album) like @pattern{Narrowed}
        """;

    private const string OfUser = $"""
        select {TrackRow.ColumnsForCaller} from track t join account a on a.id = t.account_id
         where t.account_id = @userId and (t.account_id = @callerId or t.is_listed)
           and lower(t.title || ' ' || t.artist || ' ' || t.album) like @pattern{Narrowed}
        """;

    private const string Page = " order by t.created_at desc, t.id limit @limit offset @offset";

    // A count stops where pages end: beyond, nobody can read on, and counting would grow with the catalogue.
    private const string Count = "select count(*) from (", CountEnd = " limit @countMax) counted";
}

[JsonSerializable(typeof(Envelope<Track[]>))]
internal sealed partial class ListTracksJson : JsonSerializerContext;

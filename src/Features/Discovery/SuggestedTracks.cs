using Dapper;
using Npgsql;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Discovery;

/// <summary>
/// Turns suggestions into tracks as the wire shows them, each with its reason, in the suggestions' order.
/// </summary>
[HotRead]
internal static class SuggestedTracks
{
    internal const int LimitUsual = 20,
        LimitMax = 50;

    internal static Error? ReadLimit(int? limit, out int take)
    {
        take = limit ?? LimitUsual;
        return take is < 1 or > LimitMax
            ? Errors.Validation.With(new FieldError("limit", "OUT_OF_RANGE", $"limit is from 1 to {LimitMax}"))
            : null;
    }

    /// <summary>Is_listed is asked again: what was withdrawn a moment ago is not shown.</summary>
    internal static async Task<Track[]> Read(NpgsqlConnection db, Suggestion[] suggestions, Caller? caller)
    {
        var ids = suggestions.Select(s => s.TrackId).ToArray();
        var rows = await db.QueryAsync<TrackRow>(
            $"""
            select {TrackRow.ColumnsForCaller} from track t join account a on a.id = t.account_id
             where t.id = any(@ids) and t.is_listed
            """,
            new { callerId = caller?.UserId, ids = new PgValue<Guid[]>(ids) }
        );
        var tracks = rows.ToDictionary(row => row.Id, row => row.ToTrack());
        return
        [
            .. suggestions
                .Where(s => tracks.ContainsKey(s.TrackId))
                .Select(s => tracks[s.TrackId] with { Because = s.Because }),
        ];
    }

    internal sealed record TrendRow(Guid Id, Guid AccountId, double Heat);

    /// <summary>
    /// The hottest tracks, the hottest first; for somebody, without their own and what they have heard since.
    /// </summary>
    internal static async Task<Suggestion[]> Trending(NpgsqlConnection db, Guid? forWhom, DateTime heardSince, int take)
    {
        var rows = await db.QueryAsync<TrendRow>(
            """
            select t.id, t.account_id, h.heat from track_trend h join track t on t.id = h.track_id
             where t.is_listed and t.account_id <> @callerId
               and not exists (select 1 from track_listener l where l.account_id = @callerId and l.track_id = t.id
                 and l.last_played_at > @heardSince)
             order by h.heat desc limit @take
            """,
            new
            {
                callerId = forWhom ?? Guid.Empty,
                heardSince,
                take,
            }
        );
        return [.. rows.Select(row => new Suggestion(row.Id, row.AccountId, row.Heat, Because.Trend))];
    }
}

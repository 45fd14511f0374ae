using Dapper;
using Npgsql;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Tracks.Search;

/// <summary>
/// A page of what a search finds, gathered and sorted where it is little, else read along the index that has the order
/// already.
/// </summary>
internal static class TrackPages
{
    /// <summary>
    /// So many of the best by standing are ranked by their words; beyond this many results, so many more.
    /// </summary>
    internal const int CandidatesFew = 1_000,
        CandidatesMany = 12_000,
        FewUntil = 500;

    /// <summary>
    /// Reading along an order costs about as much for each track it passes by as gathering does for two.
    /// </summary>
    private const int GatherMax = 50_000;

    /// <summary>
    /// The planner cannot know how many rows a search lets through, and would at times rather sort the whole table than
    /// go along an index for a few.
    /// </summary>
    internal const string AlongTheIndex =
        "set local enable_sort = off; set local enable_seqscan = off; set local enable_incremental_sort = off";

    internal static int Candidates(Paging paging) =>
        paging.Offset + paging.PerPage <= FewUntil ? CandidatesFew : CandidatesMany;

    internal static async Task<TrackRow[]> Read(
        NpgsqlConnection db,
        TrackQuery query,
        SearchExtent extent,
        int? standingFrom,
        TrackOrder order,
        Paging paging,
        long catalogue
    )
    {
        if (order.IsRelevance)
            return await Gather(
                db,
                query,
                order,
                paging,
                extent.IsWhole || standingFrom is null ? [] : [TrackQuery.StandingFrom(standingFrom.Value)]
            );
        var passedBy = (paging.Offset + paging.PerPage) * (double)catalogue / Math.Max(1, extent.Estimate);
        return extent.IsWhole || (extent.Estimate < GatherMax && passedBy > 2 * extent.Estimate)
            ? await Gather(db, query, order, paging, [])
            : await Walk(db, query, order, paging);
    }

    private static async Task<TrackRow[]> Gather(
        NpgsqlConnection db,
        TrackQuery query,
        TrackOrder order,
        Paging paging,
        string[] furtherKeys
    )
    {
        var rows = await db.QueryAsync<TrackRow>(
            GatheredBy(order),
            IndexRead.Of(query, furtherKeys) with
            {
                Limit = paging.PerPage,
                Offset = paging.Offset,
            }
        );
        return [.. rows];
    }

    private static async Task<TrackRow[]> Walk(NpgsqlConnection db, TrackQuery query, TrackOrder order, Paging paging)
    {
        await using var transaction = await db.BeginTransactionAsync();
        await db.ExecuteAsync(AlongTheIndex, transaction: transaction);
        var bounds = query.Bounds;
        var rows = await db.QueryAsync<TrackRow>(
            WalkedBy(order),
            new
            {
                words = query.Words.IsEmpty ? "" : query.Words.Query(),
                genres = new PgValue<string[]>(query.Genres),
                tags = new PgValue<string[]>(query.Tags),
                keys = new PgValue<string[]>(query.Keys),
                years = new PgValue<int[]>(query.Years),
                accountId = query.AccountId ?? Guid.Empty,
                bounds.BpmMin,
                bounds.BpmMax,
                bounds.HasBpm,
                bounds.DurationMinMs,
                bounds.DurationMaxMs,
                query.CallerId,
                limit = paging.PerPage,
                offset = paging.Offset,
            },
            transaction
        );
        TrackRow[] page = [.. rows];
        await transaction.CommitAsync();
        return page;
    }

    internal static string GatheredBy(TrackOrder order) =>
        $"""
            with page as materialized (
              select id, row_number() over () as place from (
                select s.id from track_search s{(order.IsOfTrack ? " join track t on t.id = s.id" : "")}
                  where {TrackIndex.Keys} @@ @Found::tsquery and {TrackIndex.Bounds}
                 order by {(order.IsRelevance ? $"{TrackIndex.Rank} desc, s.created_at desc, s.id" : order.Sql("s.id"))}
                   limit @Limit offset @Offset) best
            )
            select {TrackRow.ColumnsForCaller} from page p join track t on t.id = p.id
              join account a on a.id = t.account_id
              where t.is_listed order by p.place
            """;

    internal static string WalkedBy(TrackOrder order) =>
        $"""
            with page as materialized (
              select id, row_number() over () as place from (
                select s.id from {(order.IsOfTrack ? "track t join track_search s on s.id = t.id" : "track_search s")}
                 where {(order.IsOfTrack ? "t.is_listed and " : "")}case when {Fits}
                   and (@words = '' or s.words @@ (select nullif(@words, '')::tsquery)) then true else false end
                 order by {order.Sql(order.IsOfTrack ? "t.id" : "s.id")} limit @limit offset @offset) best
            )
            select {TrackRow.ColumnsForCaller} from page p join track t on t.id = p.id
              join account a on a.id = t.account_id
              where t.is_listed order by p.place
            """;

    /// <summary>The filters as conditions on a row, where no index is asked for them.</summary>
    internal const string Fits = $"""
        (cardinality(@genres::text[]) = 0 or s.genre = any(@genres))
          and (cardinality(@tags::text[]) = 0 or s.tags && @tags)
          and (cardinality(@keys::text[]) = 0 or lower(s.musical_key) = any(@keys))
          and (cardinality(@years::int[]) = 0 or s.year = any(@years))
            and (@accountId::uuid = '00000000-0000-0000-0000-000000000000' or s.account_id = @accountId)
            and {TrackIndex.Bounds}
        """;
}

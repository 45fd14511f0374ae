using Dapper;
using Npgsql;

namespace Veza.Features.Tracks.Likes;

/// <summary>
/// Counts that many change at once. Each change is a row of its own, so nobody waits for the track's row; whoever finds
/// that row free folds the changes into it, and a read adds those that are not folded yet. So a count is exact at every
/// moment.
/// </summary>
internal static class TrackCounts
{
    private const int FoldBatchMax = 1000;

    internal const string Likes =
        "t.like_count + coalesce((select sum(n.likes) from track_count_change n where n.track_id = t.id), 0) as "
        + "like_count";
    internal const string Comments =
        "t.comment_count + coalesce((select sum(n.comments) from track_count_change n where n.track_id = t.id), "
        + "0) as comment_count";

    /// <summary>Folds the changes of one track, unless somebody is at it.</summary>
    internal static Task Fold(NpgsqlConnection db, Guid trackId) =>
        db.ExecuteAsync(
            """
            with held as (
              select id from track where id = @trackId for no key update skip locked
            ), gone as (
              delete from track_count_change n using held where n.track_id = held.id returning n.likes, n.comments
            ), summed as (
              select sum(likes) as likes, sum(comments) as comments, count(*) as changes from gone
            )
            update track set like_count = like_count + summed.likes, comment_count = comment_count + summed.comments
              from summed where track.id = @trackId and summed.changes > 0
            """,
            new { trackId }
        );

    /// <summary>Folds what was left because its track's row was not free.</summary>
    internal static Task FoldAll(NpgsqlConnection db) =>
        db.ExecuteAsync(
            """
            with held as (
              select id from track where id in (select track_id from track_count_change
                limit @FoldBatchMax) for no key update skip locked
            ), gone as (
              delete from track_count_change n using held where n.track_id = held.id
                returning n.track_id, n.likes, n.comments
            ), summed as (
              select track_id, sum(likes) as likes, sum(comments) as comments from gone group by track_id
            )
            update track set like_count = like_count + summed.likes, comment_count = comment_count + summed.comments
              from summed where track.id = summed.track_id
            """,
            new { FoldBatchMax }
        );
}

using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Tracks.Comments;

/// <summary>
/// How fast one person may comment: so many in any minute, one after the other. The wait that is told does not move.
/// </summary>
[HotRead]
internal static class CommentPace
{
    internal const int PerMinuteMax = 30;

    /// <summary>In the transaction that adds the comment.</summary>
    internal static async Task<Error?> Refuse(NpgsqlConnection db, NpgsqlTransaction transaction, Guid authorId)
    {
        await Turn.Take(db, transaction, "track_comment", authorId);
        var waitS = await db.ExecuteScalarAsync<int?>(
            """
            select ceil(extract(epoch from created_at + interval '1 minute' - now()))::int from track_comment
             where author_id = @authorId order by created_at desc offset @earlier limit 1
            """,
            new { authorId, earlier = PerMinuteMax - 1 },
            transaction
        );
        return waitS is > 0 ? TracksErrors.CommentsTooFast with { RetryAfterS = waitS } : null;
    }
}

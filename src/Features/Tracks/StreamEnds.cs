using Dapper;
using Npgsql;
using Veza.Infrastructure.Security;

namespace Veza.Features.Tracks;

/// <summary>
/// Ends the stream URLs of a track that were given so far, on every node, when the transaction commits. PostgreSQL
/// tells of it as it tells of an ended session.
/// </summary>
internal static class StreamEnds
{
    private const int ForgetBatchMax = 1000;

    /// <summary>Those below this epoch; <see cref="Revocations.Ended"/> is for a track that is gone.</summary>
    internal static Task Below(NpgsqlConnection db, NpgsqlTransaction transaction, Guid trackId, int epochMin) =>
        db.ExecuteScalarAsync<long>(
            """
            with revoked as (
              insert into track_revocation (track_id, epoch_min, expires_at)
                values (@trackId, @epochMin, now() + @keptFor)
              on conflict (track_id) do update
                set epoch_min = greatest(track_revocation.epoch_min, excluded.epoch_min),
                  expires_at = excluded.expires_at
              returning track_id, epoch_min
            )
            select count(pg_notify('veza_revocation', track_id || ' ' || epoch_min)) from revoked
            """,
            new
            {
                trackId,
                epochMin,
                keptFor = Revocations.KeptFor,
            },
            transaction
        );

    /// <summary>By then the URLs have expired by themselves.</summary>
    internal static Task ForgetExpired(NpgsqlConnection db) =>
        db.ExecuteAsync(
            """
            delete from track_revocation
              where track_id in (select track_id from track_revocation where expires_at < now()
              limit @ForgetBatchMax)
            """,
            new { ForgetBatchMax }
        );
}

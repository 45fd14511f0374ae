using Dapper;
using Npgsql;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Tracks.Reads;

/// <summary>
/// Another audio that a track is about to have: its file is durable in storage, in a folder of its own under the
/// track's prefix.
/// </summary>
internal sealed record NewRevision(
    Guid TrackId,
    Guid AccountId,
    string OriginalName,
    string FileName,
    long SizeBytes,
    byte[] Sha256
)
{
    /// <summary>
    /// Adds it, queued. Null when another one is under way, or there is no such track of the account's that has been
    /// processed. The job that goes on with it is the caller's, in the same transaction.
    /// </summary>
    internal Task<RevisionRow?> Add(NpgsqlConnection db, NpgsqlTransaction transaction) =>
        db.QuerySingleOrDefaultAsync<RevisionRow>(
            """
            with numbered as (
              update track set audio_last = audio_last + 1 where id = @TrackId and account_id = @AccountId
                and status in ('ready', 'failed') returning id, audio_last
            )
            insert into track_revision (track_id, number, state, original_name, file_name, sha256, size_bytes)
            select id, audio_last, 'queued', @OriginalName, @FileName, @Sha256, @SizeBytes from numbered
            on conflict do nothing
            returning number, false as is_current, state, failure_code, failure_message, file_name, size_bytes, sha256,
              duration_ms, sample_rate_hz, channels, codec, loudness_lufs,
                      variants::text, audio_since
            """,
            new
            {
                TrackId,
                AccountId,
                OriginalName,
                FileName,
                Sha256 = new PgValue<byte[]>(Sha256),
                SizeBytes,
            },
            transaction
        );
}

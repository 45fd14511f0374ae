using Dapper;
using Npgsql;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.ObjectStorage;

namespace Veza.Features.Tracks.Revisions;

/// <summary>
/// The audio of a track that is not heard now. What is heard stands in the track's own row; these statements move a
/// whole set of columns between it and <c>track_revision</c>, so that going back needs no new encoding. All run in a
/// transaction of the caller's that holds the track's row.
/// </summary>
internal static class TrackRevisions
{
    /// <summary>Beside the one that is heard. The oldest makes room.</summary>
    internal const int KeptMax = 10;

    /// <summary>How many tries the worker has at one audio before its folders could be another's.</summary>
    private const long FencesMax = 1_000_000;

    /// <summary>
    /// All that belongs to the audio, by the same names in both tables. The track's words, its listeners and its counts
    /// do not.
    /// </summary>
    private const string Audio = """
        original_name, file_name, sha256, size_bytes, revision, duration_ms, sample_rate_hz, channels, codec,
          bitrate_bps, loudness_lufs, true_peak_dbtp, loudness_range_lu,
        bpm, bpm_confidence, musical_key, musical_key_confidence, silence_start_ms, silence_end_ms, waveform_levels,
          variants, audio_since
        """;

    internal sealed record Gone(string StoragePrefix, string OriginalName, long Revision, string State)
    {
        /// <summary>Where its objects stand: the original's own folder, and the renditions'.</summary>
        internal string[] Prefixes =>
            Revision == 0
                ? [OriginalPrefix(StoragePrefix, OriginalName)]
                : [OriginalPrefix(StoragePrefix, OriginalName), $"{StoragePrefix}{Revision}/"];
    }

    /// <summary>
    /// The renditions' folder: numbers of one audio never meet those of another, and the first has the fence alone.
    /// </summary>
    internal static long Folder(int number, long fence) => (number - 1) * FencesMax + fence;

    /// <summary>The first original lies bare under the track's prefix, later ones in folders of their own.</summary>
    internal static string OriginalPrefix(string storagePrefix, string originalName) =>
        storagePrefix
        + originalName[..(originalName.LastIndexOf('/') is >= 0 and var slash ? slash + 1 : originalName.Length)];

    internal static Task<TranscodeTrack.Source?> Begin(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        Guid trackId,
        int number
    ) =>
        db.QuerySingleOrDefaultAsync<TranscodeTrack.Source>(
            """
            update track_revision r set state = 'processing', failure_code = null, failure_message = null from track t
             where r.track_id = @trackId and r.number = @number and t.id = r.track_id
               and (r.state in ('queued', 'processing') or r.failure_code = 'PROCESSING_FAILED')
            returning t.storage_prefix, r.original_name, r.size_bytes
            """,
            new { trackId, number },
            transaction
        );

    internal static Task Fail(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        Guid trackId,
        int number,
        Failure failure
    ) =>
        db.ExecuteAsync(
            """
            update track_revision set state = 'failed', failure_code = @Code, failure_message = @Message
             where track_id = @trackId and number = @number and state in ('queued', 'processing')
            """,
            new
            {
                trackId,
                number,
                failure.Code,
                failure.Message,
            },
            transaction
        );

    /// <summary>
    /// Puts a new audio in the place of the one that is heard, and that one beside it; the measurements are the
    /// caller's to write. Nothing happens when it was cancelled.
    /// </summary>
    internal static async Task Replace(NpgsqlConnection db, NpgsqlTransaction transaction, Guid trackId, int number)
    {
        await db.ExecuteAsync(
            "select 1 from track where id = @trackId for no key update",
            new { trackId },
            transaction
        );
        await db.ExecuteAsync(
            $"""
            insert into track_revision (track_id, number, state, failure_code, failure_message, {Audio})
            select id, audio_number, case status when 'ready' then 'kept'
              else 'failed' end, failure_code, failure_message, {Audio} from track
             where id = @trackId and exists (select 1 from track_revision r where r.track_id = @trackId
               and r.number = @number and r.state = 'processing')
            """,
            new { trackId, number },
            transaction
        );
        await db.ExecuteAsync(
            """
            with taken as (
              delete from track_revision where track_id = @trackId and number = @number and state = 'processing'
                returning original_name, file_name, sha256, size_bytes, audio_since
            )
            update track set status = 'processing', failure_code = null, failure_message = null, audio_number = @number,
              original_name = taken.original_name, file_name = taken.file_name,
                   sha256 = taken.sha256, size_bytes = taken.size_bytes, audio_since = taken.audio_since
              from taken where id = @trackId
            """,
            new { trackId, number },
            transaction
        );
    }

    /// <summary>Exchanges the audio that is heard for one that was kept; false when there is no such.</summary>
    internal static async Task<bool> Exchange(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        Guid trackId,
        int number
    )
    {
        await db.ExecuteAsync(
            $"""
            insert into track_revision (track_id, number, state, {Audio})
            select id, audio_number, 'kept', {Audio} from track
             where id = @trackId and status = 'ready' and
               exists (select 1 from track_revision r where r.track_id = @trackId and r.number = @number
               and r.state = 'kept')
            """,
            new { trackId, number },
            transaction
        );
        var taken = await db.ExecuteAsync(
            $"""
            update track set ({Audio}) = (select {Audio} from track_revision where track_id = @trackId
              and number = @number and state = 'kept'), audio_number = @number, updated_at = now()
             where id = @trackId and exists (select 1 from track_revision where track_id = @trackId and number = @number
               and state = 'kept')
            """,
            new { trackId, number },
            transaction
        );
        if (taken == 0)
            return false;
        await db.ExecuteAsync(
            "delete from track_revision where track_id = @trackId and number = @number",
            new { trackId, number },
            transaction
        );
        return true;
    }

    /// <summary>
    /// Forgets the oldest beyond those that are kept; their objects are up for sweeping. Returns the prefixes, for
    /// whoever wants them gone at once.
    /// </summary>
    internal static async Task<string[]> Prune(NpgsqlConnection db, NpgsqlTransaction transaction, Guid trackId)
    {
        var gone = await db.QueryAsync<Gone>(
            """
            delete from track_revision r using track t
             where r.track_id = @trackId and t.id = r.track_id
               and r.number in (select number from track_revision where track_id = @trackId
                 and state in ('kept', 'failed') order by audio_since desc, number desc offset @KeptMax)
            returning t.storage_prefix, r.original_name, r.revision, r.state
            """,
            new { trackId, KeptMax },
            transaction
        );
        await KnownRecordings.ForgetGone(db, transaction, trackId);
        return await Forsake(db, transaction, [.. gone]);
    }

    internal static async Task<string[]> Forsake(NpgsqlConnection db, NpgsqlTransaction transaction, params Gone[] gone)
    {
        string[] prefixes = [.. gone.SelectMany(g => g.Prefixes)];
        foreach (var prefix in prefixes)
            await StorageClaims.Forsake(db, transaction, prefix);
        return prefixes;
    }
}

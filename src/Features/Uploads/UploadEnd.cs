using Dapper;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Media;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Uploads;

/// <summary>How an upload ends: as a track, or without a trace.</summary>
internal sealed class UploadEnd(PostgresSource postgres, IObjectStore store, StorageClaims claims)
{
    /// <summary>So long an upload that is over can still be asked for.</summary>
    internal static readonly TimeSpan Remembered = TimeSpan.FromDays(1);

    /// <summary>
    /// The file is whole: the draft becomes the original, and the track, its job and the end of the upload are
    /// committed together.
    /// </summary>
    internal async Task<Error?> Finish(UploadHold hold)
    {
        var row = hold.Row;
        await store.Drafts.Complete(row.Key, row.StoredDraft, CancellationToken.None);
        var (details, fileName) = Tus.Read(Tus.Metadata(row.Metadata) ?? []);
        await using var db = await postgres.OpenConnectionAsync(CancellationToken.None);
        await using var transaction = await db.BeginTransactionAsync(CancellationToken.None);
        var ended = await db.ExecuteAsync(
            """
            with ended as (
              update upload set status = 'done', draft = '', head = '', sha256_state = null,
                held_until = to_timestamp(0), expires_at = now() + @kept
               where id = @Id and fence = @Fence and status = 'open' returning account_id, length_bytes
            )
            update storage_use s set reserved_bytes = s.reserved_bytes - e.length_bytes from ended e
              where s.account_id = e.account_id
            """,
            new
            {
                row.Id,
                row.Fence,
                kept = Remembered,
            },
            transaction
        );
        if (ended != 1)
            return UploadsErrors.UploadLocked;
        var track = new NewTrack(
            row.Id,
            row.AccountId,
            details,
            fileName,
            row.LengthBytes,
            ResumableSha256.Of(row.Sha256State!).Digest()
        );
        await track.Add(db, transaction);
        await NewTrack.Transcode(
            db,
            transaction,
            new JobMatter(row.AccountId, row.Id, AudioWork.EstimateMs(AudioSniff.Of(row.Head), row.LengthBytes))
        );
        // When the answer is lost nothing is cleaned up: the upload's row says which it was, and whoever asks for it
        // next goes on from there.
        await UnknownCommitException.Commit(transaction);
        hold.IsOver = true;
        return null;
    }

    /// <summary>
    /// Nothing of it stays; its room is given back. The error, when the hold was lost: then it is another's, and
    /// perhaps a track.
    /// </summary>
    internal async Task<Error?> Drop(UploadHold hold)
    {
        var prefix = hold.Row.Prefix;
        await using (var db = await postgres.OpenConnectionAsync(CancellationToken.None))
        {
            await using var transaction = await db.BeginTransactionAsync(CancellationToken.None);
            if (!await StorageQuota.Release(db, transaction, hold.Row.Id, hold.Row.Fence))
                return UploadsErrors.UploadLocked;
            await StorageClaims.Forsake(db, transaction, prefix);
            await transaction.CommitAsync(CancellationToken.None);
        }

        hold.IsOver = true;
        await claims.SweepNow(prefix);
        return null;
    }
}

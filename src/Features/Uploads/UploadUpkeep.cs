using Dapper;
using Npgsql;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.ObjectStorage;

namespace Veza.Features.Uploads;

/// <summary>
/// Every minute: uploads that lay idle too long lose their bytes and give back their room; what is over is forgotten
/// after a while.
/// </summary>
internal static class UploadUpkeep
{
    private const int BatchMax = 500;

    internal sealed record Idle(Guid Id, string Kind);

    /// <summary>One by one, so that two workers that do it at once cannot wait for each other.</summary>
    internal static async Task EndIdle(NpgsqlConnection db)
    {
        var idle = await db.QueryAsync<Idle>(
            """
            select id, kind from upload where expires_at <= now() and status = 'open' and kind <> 'form'
              and held_until < now() order by expires_at limit @max
            """,
            new { max = BatchMax }
        );
        foreach (var upload in idle)
        {
            await using var transaction = await db.BeginTransactionAsync();
            var ended = await db.ExecuteAsync(
                """
                with ended as (
                  update upload set status = 'expired', draft = '', head = '', sha256_state = null,
                    expires_at = now() + @kept
                   where id = @Id and expires_at <= now() and status = 'open' and held_until < now()
                     returning account_id, length_bytes
                )
                update storage_use s set reserved_bytes = s.reserved_bytes - e.length_bytes from ended e
                  where s.account_id = e.account_id
                """,
                new { upload.Id, kept = UploadEnd.Remembered },
                transaction
            );
            if (ended == 1)
                await StorageClaims.Forsake(
                    db,
                    transaction,
                    upload.Kind == "partial" ? UploadRow.PartialPrefixOf(upload.Id) : NewTrack.PrefixOf(upload.Id)
                );
            await transaction.CommitAsync();
        }
    }

    /// <summary>
    /// A form's process keeps a claim on its files for as long as it lives; once that is swept, nobody will use the
    /// room.
    /// </summary>
    internal static async Task GiveBackForms(NpgsqlConnection db)
    {
        var ids = await db.QueryAsync<Guid>(
            """
            select u.id from upload u
             where u.expires_at <= now() and u.status = 'open' and u.kind = 'form' and not
               exists (select 1 from storage_claim where prefix = u.metadata) limit @max
            """,
            new { max = BatchMax }
        );
        foreach (var id in ids)
        {
            await using var transaction = await db.BeginTransactionAsync();
            await StorageQuota.Release(db, transaction, id);
            await transaction.CommitAsync();
        }
    }

    /// <summary>Parts are kept for as long as the track that they are joined into waits for its file.</summary>
    internal static async Task ForgetOver(NpgsqlConnection db)
    {
        await using var transaction = await db.BeginTransactionAsync();
        var parts = await db.QueryAsync<Guid>(
            """
            delete from upload where id in (
              select id from upload u where expires_at <= now() and status = 'joined' and not
                exists (select 1 from track where id = u.joined_into and sha256 = '') limit @max for update skip locked)
            returning id
            """,
            new { max = BatchMax },
            transaction
        );
        foreach (var id in parts)
            await StorageClaims.Forsake(db, transaction, UploadRow.PartialPrefixOf(id));
        await db.ExecuteAsync(
            """
            delete from upload where id in (select id from upload where expires_at <= now()
              and status in ('done', 'expired') limit @max for update skip locked)
            """,
            new { max = BatchMax },
            transaction
        );
        await transaction.CommitAsync();
    }
}

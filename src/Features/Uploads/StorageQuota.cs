using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Uploads;

/// <summary>
/// Room for originals, by account. An upload reserves its length before its first byte and gives it back at its end;
/// what a track then takes is counted by the table itself, whoever adds, replaces or deletes one.
/// </summary>
[HotRead]
internal sealed class StorageQuota(UploadsSettings settings)
{
    internal sealed record Use(long UsedBytes, long ReservedBytes);

    internal sealed record Standing(long Waiting, long Open);

    /// <summary>Null is no limit.</summary>
    internal long? LimitBytes => settings.QuotaBytes is > 0 and var bytes ? bytes : null;

    internal static async Task<Use> Read(NpgsqlConnection db, Guid accountId) =>
        await db.QuerySingleOrDefaultAsync<Use>(
            """
            select used_bytes, reserved_bytes from storage_use where account_id = @accountId
            """,
            new { accountId }
        ) ?? new Use(0, 0);

    internal bool HasRoom(Use use, long bytes) =>
        LimitBytes is not { } limit || bytes <= limit - use.UsedBytes - use.ReservedBytes;

    /// <summary>
    /// Begins an upload with its room reserved, and its place in the queue; or says why there is none. The account's
    /// row is held from the first statement on: what the second counts, nobody adds to before this has committed.
    /// </summary>
    internal async Task<Error?> Reserve(
        NpgsqlConnection db,
        Guid id,
        Guid accountId,
        string kind,
        long lengthBytes,
        string metadata,
        TimeSpan kept
    )
    {
        await using var transaction = await db.BeginTransactionAsync();
        var reserved = await db.ExecuteAsync(
            """
            insert into storage_use as s (account_id, reserved_bytes) select @accountId, @lengthBytes
              where @QuotaBytes = 0 or @lengthBytes <= @QuotaBytes
            on conflict (account_id) do update set reserved_bytes = s.reserved_bytes + excluded.reserved_bytes
             where @QuotaBytes = 0 or s.used_bytes + s.reserved_bytes + excluded.reserved_bytes <= @QuotaBytes
            """,
            new
            {
                accountId,
                lengthBytes,
                settings.QuotaBytes,
            },
            transaction
        );
        if (reserved == 0)
            return UploadsErrors.QuotaExceeded;
        var standing = await Count(db, transaction, accountId);
        // A form is over with its request; what lies open is by tus.
        if (kind != "form" && standing.Open >= UploadsLimits.OpenMax)
            return UploadsErrors.TooManyUploads;
        // Parts are in nobody's way until they are joined.
        if (kind != "partial" && standing.Waiting >= UploadsLimits.WaitingMax)
            return UploadsErrors.QueueFull;
        await db.ExecuteAsync(
            """
            insert into upload (id, account_id, kind, length_bytes, metadata, expires_at)
              values (@id, @accountId, @kind, @lengthBytes, @metadata, now() + @kept)
            """,
            new
            {
                id,
                accountId,
                kind,
                lengthBytes,
                metadata,
                kept,
            },
            transaction
        );
        await transaction.CommitAsync();
        return null;
    }

    /// <summary>
    /// What an account has waiting for a worker, uploads included that will, and what it has under way. In a
    /// transaction that has written the account's row of <c>storage_use</c> it stays so until the end.
    /// </summary>
    internal static Task<Standing> Count(NpgsqlConnection db, NpgsqlTransaction transaction, Guid accountId) =>
        db.QuerySingleAsync<Standing>(
            """
            select (select count(*) from track where account_id = @accountId and status in ('queued', 'processing'))
                 + (select count(*) from track_revision where account_id = @accountId
                   and state in ('queued', 'processing'))
                 + (select count(*) from upload where account_id = @accountId and status = 'open'
                   and kind in ('form', 'whole')) as waiting,
                   (select count(*) from upload where account_id = @accountId and status = 'open') as open
            """,
            new { accountId },
            transaction
        );

    /// <summary>
    /// The upload is over without a trace; false when it is over already, or somebody else's since: only the newest
    /// holder may end it.
    /// </summary>
    internal static async Task<bool> Release(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        Guid id,
        long fence = 0
    ) =>
        await db.ExecuteScalarAsync<long>(
            """
            with gone as (
              delete from upload where id = @id and fence = @fence and status = 'open'
                returning account_id, length_bytes
            ), given as (
              update storage_use s set reserved_bytes = s.reserved_bytes - g.length_bytes from gone g
                where s.account_id = g.account_id
            )
            select count(*) from gone
            """,
            new { id, fence },
            transaction
        ) == 1;
}

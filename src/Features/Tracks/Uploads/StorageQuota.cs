using Dapper;
using Npgsql;
using Veza.Infrastructure.Configuration;

namespace Veza.Features.Tracks;

/// <summary>
/// Room for originals, by account. An upload reserves its length before its first byte and gives it back at its end; what a track then takes is counted by the
/// table itself, whoever adds, replaces or deletes one.
/// </summary>
internal sealed class StorageQuota(Settings settings)
{
    internal sealed record Use(long UsedBytes, long ReservedBytes);

    /// <summary>Null is no limit.</summary>
    internal long? LimitBytes => settings.Uploads.QuotaBytes is > 0 and var bytes ? bytes : null;

    internal static async Task<Use> Read(NpgsqlConnection db, Guid accountId) =>
        await db.QuerySingleOrDefaultAsync<Use>("""
            select used_bytes, reserved_bytes from storage_use where account_id = @accountId
            """, new { accountId }) ?? new Use(0, 0);

    internal bool HasRoom(Use use, long bytes) => LimitBytes is not { } limit || bytes <= limit - use.UsedBytes - use.ReservedBytes;

    /// <summary>Begins an upload with its room reserved; false when there is not enough.</summary>
    internal async Task<bool> Reserve(NpgsqlConnection db, Guid id, Guid accountId, string kind, long lengthBytes, string metadata, TimeSpan kept) => await db.ExecuteAsync("""
        with room as (
          insert into storage_use as s (account_id, reserved_bytes) select @accountId, @lengthBytes where @QuotaBytes = 0 or @lengthBytes <= @QuotaBytes
          on conflict (account_id) do update set reserved_bytes = s.reserved_bytes + excluded.reserved_bytes
           where @QuotaBytes = 0 or s.used_bytes + s.reserved_bytes + excluded.reserved_bytes <= @QuotaBytes
          returning account_id
        )
        insert into upload (id, account_id, kind, length_bytes, metadata, expires_at) select @id, account_id, @kind, @lengthBytes, @metadata, now() + @kept from room
        """, new { id, accountId, kind, lengthBytes, metadata, kept, settings.Uploads.QuotaBytes }) == 1;

    /// <summary>The upload is over without a trace; false when it is over already.</summary>
    internal static async Task<bool> Release(NpgsqlConnection db, NpgsqlTransaction transaction, Guid id) => await db.ExecuteAsync("""
        with gone as (delete from upload where id = @id and status = 'open' returning account_id, length_bytes)
        update storage_use s set reserved_bytes = s.reserved_bytes - g.length_bytes from gone g where s.account_id = g.account_id
        """, new { id }, transaction) == 1;
}

using System.Text.Json;
using Dapper;
using Npgsql;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Media;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Uploads;

/// <summary>
/// Joins parts that were sent side by side: their track is there at once, and a job makes one file of them. Until that
/// is done the parts stay.
/// </summary>
internal sealed class UploadJoin(PostgresSource postgres)
{
    /// <summary>After that the upkeep asks every minute whether they are still needed.</summary>
    private static readonly TimeSpan PartsKept = TimeSpan.FromMinutes(10);

    internal sealed record Part(Guid Id, long LengthBytes, byte[] Head);

    /// <summary>The error, or null when the track of this id is there.</summary>
    internal async Task<Error?> Begin(Guid id, Guid accountId, string concat, string metadata, CancellationToken ct)
    {
        if (Tus.Parts(concat) is not { } ids)
            return Errors.BadRequest.Saying(
                "Upload-Concat: final; is followed by the addresses of the parts, each once, with blanks between"
            );
        if (ids.Length > UploadsLimits.OpenMax)
            return UploadsErrors.TooManyUploads;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var rows = await db.QueryAsync<Part>(
            """
            update upload set status = 'joined', joined_into = @id, expires_at = now() + @kept
             where id = any(@ids) and account_id = @accountId and kind = 'partial' and status = 'open'
               and offset_bytes = length_bytes and expires_at > now() and held_until < now()
            returning id, length_bytes, head
            """,
            new
            {
                id,
                accountId,
                ids = new PgValue<Guid[]>(ids),
                kept = PartsKept,
            },
            transaction
        );
        var parts = rows.ToDictionary(p => p.Id);
        if (parts.Count < ids.Length)
            return await Missing(db, transaction, accountId, ids);
        var lengthBytes = parts.Values.Sum(p => p.LengthBytes);
        if (lengthBytes > UploadsLimits.FileBytesMax)
            return UploadsErrors.UploadTooLarge;
        if (AudioSniff.Of(HeadOf(ids.Select(part => parts[part]))) is not { } kind)
            return UploadsErrors.FormatUnsupported;

        await db.ExecuteAsync(
            """
            with joined as (
              insert into upload (id, account_id, kind, status, length_bytes, offset_bytes, metadata, concat,
                expires_at)
              values (@id, @accountId, 'final', 'done', @lengthBytes, @lengthBytes, @metadata, @concat, now() + @kept)
                returning account_id, length_bytes
            )
            update storage_use s set reserved_bytes = s.reserved_bytes - j.length_bytes from joined j
              where s.account_id = j.account_id
            """,
            new
            {
                id,
                accountId,
                lengthBytes,
                metadata,
                concat,
                kept = UploadEnd.Remembered,
            },
            transaction
        );
        // The account's row is held by now: nobody else adds to what waits.
        if ((await StorageQuota.Count(db, transaction, accountId)).Waiting >= UploadsLimits.WaitingMax)
            return UploadsErrors.QueueFull;
        var (details, fileName) = Tus.Read(Tus.Metadata(metadata) ?? []);
        // Its hash is known when the parts have been read.
        await new NewTrack(id, accountId, details, fileName, lengthBytes, []).Add(db, transaction);
        var workMs = AudioWork.EstimateMs(kind, lengthBytes);
        string payload = JsonSerializer.Serialize(
            new JoinParts.Payload(id, ids, accountId, workMs),
            JoinPartsJson.Default.Payload
        );
        await JobQueue.Enqueue(
            db,
            transaction,
            UploadsModule.Join,
            payload,
            matter: new JobMatter(accountId, id, workMs)
        );
        await UnknownCommitException.Commit(transaction);
        return null;
    }

    private static async Task<Error> Missing(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        Guid accountId,
        Guid[] ids
    )
    {
        await transaction.RollbackAsync();
        var known = await db.ExecuteScalarAsync<long>(
            "select count(*) from upload where id = any(@ids) and account_id = @accountId and kind = 'partial'",
            new { ids = new PgValue<Guid[]>(ids), accountId }
        );
        return known < ids.Length
            ? UploadsErrors.UploadNotFound.Saying("One of the parts is none of yours, or no partial upload")
            : UploadsErrors.UploadIncomplete;
    }

    private static byte[] HeadOf(IEnumerable<Part> parts)
    {
        var head = new List<byte>();
        foreach (var part in parts)
        {
            head.AddRange(part.Head);
            // The whole of a part that is shorter than a head is its head; after any other comes what is not known.
            if (part.LengthBytes > part.Head.Length)
                break;
        }

        return [.. head.Take(AudioSniff.BytesWanted)];
    }
}

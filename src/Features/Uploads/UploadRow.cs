using Dapper;
using Npgsql;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Uploads;

/// <summary>An upload by tus as its table has it.</summary>
[HotRead]
internal sealed record UploadRow(
    Guid Id,
    Guid AccountId,
    string Kind,
    string Status,
    long LengthBytes,
    long OffsetBytes,
    string Metadata,
    string Concat,
    string Draft,
    byte[]? Sha256State,
    byte[] Head,
    long Fence,
    DateTime ExpiresAt,
    bool IsHeld,
    bool IsLate
)
{
    internal const string Columns = """
        id, account_id, kind, status, length_bytes, offset_bytes, metadata, concat, draft, sha256_state, head,
        fence, expires_at, held_until >= now() as is_held, expires_at <= now() as is_late
        """;

    internal bool IsPartial => Kind == "partial";

    internal bool IsWhole => OffsetBytes == LengthBytes;

    internal bool IsOpen => Status == "open" && !IsLate;

    /// <summary>The track that it has become, or that the parts it was joined with have.</summary>
    internal Guid? TrackId => Status == "done" ? Id : null;

    internal ObjectDraft StoredDraft => new(Draft, OffsetBytes);

    /// <summary>A partial upload never becomes a track of its own.</summary>
    internal string Prefix => IsPartial ? PartialPrefixOf(Id) : NewTrack.PrefixOf(Id);

    internal string Key => Prefix + NewTrack.OriginalName;

    internal static string PartialPrefixOf(Guid id) => $"uploads/{id}/";

    /// <summary>The account's own upload by tus; a form's room is none.</summary>
    internal static Task<UploadRow?> Find(NpgsqlConnection db, Guid id, Guid accountId) =>
        db.QuerySingleOrDefaultAsync<UploadRow>(
            $"""
            select {UploadRow.Columns} from upload where id = @id and account_id = @accountId and kind <> 'form'
            """,
            new { id, accountId }
        );

    /// <summary>Why it cannot be written to at this offset, by somebody who just tried.</summary>
    internal static Error Refusal(UploadRow? row, long? offsetBytes) =>
        row is null ? UploadsErrors.UploadNotFound
        : row.Status == "expired" || row is { Status: "open", IsLate: true } ? UploadsErrors.UploadExpired
        : row.Kind == "final" && offsetBytes is not null ? UploadsErrors.UploadIsFinal
        : row.Status != "open" ? UploadsErrors.UploadFinished
        : row.IsHeld ? UploadsErrors.UploadLocked
        : offsetBytes is not null && offsetBytes != row.OffsetBytes
            ? UploadsErrors.UploadOffsetConflict.Saying(
                $"The upload stands at offset {row.OffsetBytes}; go on from there"
            )
        // What stood in the way has gone in the meantime.
        : UploadsErrors.UploadLocked;
}

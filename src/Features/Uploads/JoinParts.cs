using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dapper;
using Npgsql;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Uploads;

/// <summary>
/// Job: makes the original of a track out of parts that were sent side by side, hashes it on the way, and hands the
/// track on. May run twice: it writes the same.
/// </summary>
internal sealed class JoinParts(PostgresSource postgres, IObjectStore store, StorageClaims claims) : IJob
{
    internal const int AttemptsMax = 5;

    internal sealed record Payload(Guid TrackId, Guid[] PartIds, Guid AccountId, long WorkMs);

    internal sealed record Part(Guid Id, string Draft, long LengthBytes);

    public async Task Run(JobRun run, CancellationToken ct)
    {
        var payload = Read(run);
        var parts = await Parts(payload, ct);
        if (parts is null)
        {
            await End(run, payload, null, null, ct);
            return;
        }

        // A folder of its own for each try: one that was thought lost and comes late overwrites nothing, and its claim
        // runs out.
        await using var claim = await claims.Take(NewTrack.PrefixOf(payload.TrackId) + FolderOf(run), ct);
        foreach (var part in parts)
            await store.Drafts.Complete(KeyOf(part), new ObjectDraft(part.Draft, part.LengthBytes), ct);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var joined = new JoinedStream(parts, store);
        await using var whole = new CountedStream(
            ReadOnlyMemory<byte>.Empty,
            joined,
            UploadsLimits.FileBytesMax,
            UploadsErrors.UploadTooLarge,
            hash
        );
        await store.Put(claim.Prefix + NewTrack.OriginalName, whole, "application/octet-stream", ct);
        await End(run, payload, hash.GetHashAndReset(), claim, ct);
    }

    private static string FolderOf(JobRun run) => $"audio/{run.Id}-{run.Fence}/";

    /// <summary>The parts stay, and an operator may retry the job once the cause is mended.</summary>
    public Task GiveUp(JobRun run, NpgsqlConnection db, NpgsqlTransaction transaction) =>
        NewTrack.GiveUp(db, transaction, Read(run).TrackId);

    /// <summary>In their order; null when the track was deleted meanwhile.</summary>
    private async Task<Part[]?> Parts(Payload payload, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<Part>(
            """
            select u.id, u.draft, u.length_bytes from upload u join track t on t.id = u.joined_into
              where u.id = any(@ids) and u.joined_into = @TrackId
            """,
            new { ids = new PgValue<Guid[]>(payload.PartIds), payload.TrackId }
        );
        var parts = rows.ToDictionary(p => p.Id);
        return parts.Count == payload.PartIds.Length ? [.. payload.PartIds.Select(id => parts[id])] : null;
    }

    private async Task End(JobRun run, Payload payload, byte[]? sha256, StorageClaim? claim, CancellationToken ct)
    {
        string[] prefixes = [.. payload.PartIds.Select(UploadRow.PartialPrefixOf)];
        await using (var db = await postgres.OpenConnectionAsync(ct))
        {
            await using var transaction = await db.BeginTransactionAsync(ct);
            // Not when it was deleted or cancelled while its file was being written: that goes with its claim.
            var joined =
                sha256 is not null
                && await NewTrack.TakeFile(
                    db,
                    transaction,
                    payload.TrackId,
                    FolderOf(run) + NewTrack.OriginalName,
                    sha256
                );
            if (joined)
                await NewTrack.Transcode(
                    db,
                    transaction,
                    new JobMatter(payload.AccountId, payload.TrackId, payload.WorkMs)
                );
            await db.ExecuteAsync(
                "delete from upload where id = any(@ids) and joined_into = @TrackId",
                new { ids = new PgValue<Guid[]>(payload.PartIds), payload.TrackId },
                transaction
            );
            foreach (var prefix in prefixes)
                await StorageClaims.Forsake(db, transaction, prefix);
            await run.Complete(db, transaction);
            if (!await StorageClaim.Commit(db, transaction, joined ? [claim!] : []))
                throw new LeaseLostException(run.Id);
        }

        await claims.SweepNow(prefixes);
    }

    private static string KeyOf(Part part) => UploadRow.PartialPrefixOf(part.Id) + NewTrack.OriginalName;

    private static Payload Read(JobRun run) => JsonSerializer.Deserialize(run.Payload, JoinPartsJson.Default.Payload)!;

    /// <summary>One part after the other.</summary>
    private sealed class JoinedStream(Part[] parts, IObjectStore store) : Stream
    {
        private int next;
        private Stream current = Null;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer,
            CancellationToken cancellationToken = default
        )
        {
            while (true)
            {
                var read = await current.ReadAsync(buffer, cancellationToken);
                if (read > 0 || next == parts.Length)
                    return read;
                await current.DisposeAsync();
                var part = parts[next++];
                current = await store.Open(KeyOf(part), 0, part.LengthBytes, cancellationToken);
            }
        }

        public override int Read(byte[] buffer, int offset, int count) =>
            throw new NotSupportedException("Parts are read asynchronously.");

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override async ValueTask DisposeAsync()
        {
            await current.DisposeAsync();
            await base.DisposeAsync();
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(JoinParts.Payload))]
internal sealed partial class JoinPartsJson : JsonSerializerContext;

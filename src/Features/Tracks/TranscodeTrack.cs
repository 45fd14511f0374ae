using System.Text.Json;
using Dapper;
using Npgsql;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Media;
using Veza.Infrastructure.ObjectStorage;

namespace Veza.Features.Tracks;

/// <summary>
/// Job: makes the variants, the ladder, the waveform and the measurements of an uploaded file. May run twice; each run writes under its own
/// prefix, and the one that still holds the lease makes its own the track's.
/// </summary>
internal sealed class TranscodeTrack(NpgsqlDataSource postgres, IObjectStore store, StorageClaims claims, Lazy<Task<MediaSandbox>> sandbox, Settings settings) : IJob
{
    internal const int AttemptsMax = 5;
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromSeconds(1);

    internal sealed record Payload(Guid TrackId);

    internal sealed record Source(string StoragePrefix, long SizeBytes);

    public async Task Run(JobRun run, CancellationToken ct)
    {
        var trackId = TrackOf(run);
        if (await Begin(run, trackId, ct) is not { } source) return;
        try
        {
            using var work = MediaWork.Create(WorkerScratch.Of(settings));
            await Fetch(source, work, ct);
            var tools = await sandbox.Value;
            var facts = await AudioProbe.Read(tools, work, ct);
            using var progress = new ProgressReport(postgres, run, trackId, ProgressEvery);
            var audio = await AudioEncoding.Run(tools, work, facts, progress.Reached, ct);
            await using var claim = await claims.Take($"{source.StoragePrefix}{run.Fence}/", ct);
            await Store(claim.Prefix, work, audio, ct);
            await Finish(run, trackId, facts, audio, claim, ct);
        }
        catch (AudioRefused refused)
        {
            await Refuse(run, trackId, source, refused, ct);
        }
    }

    /// <summary>The original stays: an operator may retry the job once the cause is mended.</summary>
    public Task GiveUp(JobRun run, NpgsqlConnection db, NpgsqlTransaction transaction) => db.ExecuteAsync("""
        update track set status = 'failed', failure_code = 'PROCESSING_FAILED', failure_message = 'The track could not be processed on this server. Its operator has been told.', updated_at = now()
         where id = @id
        """, new { id = TrackOf(run) }, transaction);

    private async Task<Source?> Begin(JobRun run, Guid id, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        await run.Guard(db, transaction);
        var source = await db.QuerySingleOrDefaultAsync<Source>("""
            update track set status = 'processing', progress = 0, failure_code = null, failure_message = null, updated_at = now()
             where id = @id and (status in ('queued', 'processing') or failure_code = 'PROCESSING_FAILED')
            returning storage_prefix, size_bytes
            """, new { id }, transaction);
        await transaction.CommitAsync(ct);
        return source;
    }

    private async Task Fetch(Source source, MediaWork work, CancellationToken ct)
    {
        await using var original = await store.Open(source.StoragePrefix + TracksModule.OriginalName, 0, source.SizeBytes, ct);
        await using var local = new FileStream(work.SourcePath, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 17, FileOptions.Asynchronous);
        await original.CopyToAsync(local, ct);
    }

    private async Task Store(string prefix, MediaWork work, EncodedAudio audio, CancellationToken ct)
    {
        foreach (var rendition in audio.Ladder.Renditions)
        {
            await using var file = File.OpenRead(work.DonePath(rendition.FileName));
            await store.Put(prefix + rendition.FileName, file, rendition.ContentType, ct);
        }

        await Put("ladder.json", JsonSerializer.SerializeToUtf8Bytes(audio.Ladder, AudioLadderJson.Default.AudioLadder));
        await Put("waveform.json", JsonSerializer.SerializeToUtf8Bytes(audio.Waveform, WaveformJson.Default.WaveformShape));
        async Task Put(string name, byte[] json) => await store.Put(prefix + name, new MemoryStream(json), "application/json", ct);
    }

    private async Task Finish(JobRun run, Guid id, AudioFacts facts, EncodedAudio audio, StorageClaim claim, CancellationToken ct)
    {
        Variant[] variants = [.. audio.Ladder.Renditions.Select(r => new Variant(r.Quality, r.Codec, r.AverageBandwidthBps, r.SizeBytes))];
        // Its type is spelled out because Dapper.AOT's generator cannot see what the JSON generator makes: it would leave the call to dynamic code.
        string json = JsonSerializer.Serialize(variants, TrackJson.Default.VariantArray);
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var updated = await db.ExecuteAsync("""
            update track
               set status = 'ready', progress = 100, revision = @revision, duration_ms = @DurationMs, sample_rate_hz = @SampleRateHz, channels = @Channels, codec = @Codec,
                   bitrate_bps = @bitrateBps, loudness_lufs = @lufs, true_peak_dbtp = @peak, loudness_range_lu = @range, variants = @json::jsonb,
                   title = case when title = '' then left(@tagTitle, @NameCharsMax) else title end,
                   artist = case when artist = '' then left(@tagArtist, @NameCharsMax) else artist end,
                   album = case when album = '' then left(@tagAlbum, @NameCharsMax) else album end,
                   genre = case when genre = '' then left(@tagGenre, @TagCharsMax) else genre end, release_year = coalesce(release_year, @releaseYear),
                   updated_at = now()
             where id = @id and status = 'processing'
            """, new
        {
            id, revision = run.Fence, audio.Ladder.DurationMs, facts.SampleRateHz, facts.Channels, facts.Codec, bitrateBps = (int)Math.Min(int.MaxValue, facts.BitrateBps),
            lufs = (float?)audio.Loudness.IntegratedLufs, peak = (float?)audio.Loudness.TruePeakDbtp, range = (float?)audio.Loudness.RangeLu,
            json,
            tagTitle = facts.Tags.Title ?? "", tagArtist = facts.Tags.Artist ?? "", tagAlbum = facts.Tags.Album ?? "", tagGenre = facts.Tags.Genre ?? "",
            releaseYear = facts.Tags.Year,
            TracksModule.NameCharsMax, TracksModule.TagCharsMax,
        }, transaction);
        await run.Complete(db, transaction);
        // The track was deleted meanwhile: the job is done, and what it made goes with its claim.
        if (updated == 0)
        {
            await transaction.CommitAsync(ct);
            return;
        }

        if (!await StorageClaims.Drop(db, transaction, claim.Prefix)) throw new LeaseLostException(run.Id);
        await transaction.CommitAsync(ct);
        claim.Kept = true;
    }

    /// <summary>The file is at fault, so no retry: the track says why, and nothing of it stays in storage.</summary>
    private async Task Refuse(JobRun run, Guid id, Source source, AudioRefused refused, CancellationToken ct)
    {
        await using (var db = await postgres.OpenConnectionAsync(ct))
        {
            await using var transaction = await db.BeginTransactionAsync(ct);
            await db.ExecuteAsync("update track set status = 'failed', failure_code = @Code, failure_message = @Message, updated_at = now() where id = @id",
                new { id, refused.Code, refused.Fault.Message }, transaction);
            await StorageClaims.Forsake(db, transaction, source.StoragePrefix);
            await run.Complete(db, transaction);
            await transaction.CommitAsync(ct);
        }

        await claims.Abandon(source.StoragePrefix);
    }

    private static Guid TrackOf(JobRun run) => JsonSerializer.Deserialize(run.Payload, TrackJson.Default.Payload)!.TrackId;
}

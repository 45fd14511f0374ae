using System.Text.Json;
using Dapper;
using Npgsql;
using Veza.Features.Tracks.Covers;
using Veza.Features.Tracks.Reads;
using Veza.Features.Tracks.Revisions;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Media;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Tracks;

/// <summary>
/// Job: makes the variants, the ladder, the waveform and the measurements of an uploaded file. May run twice; each run
/// writes under its own prefix, and the one that still holds the lease makes its own the track's.
/// </summary>
internal sealed partial class TranscodeTrack(
    PostgresSource postgres,
    IObjectStore store,
    StorageClaims claims,
    Lazy<Task<MediaSandbox>> sandbox,
    ScratchSpace scratch,
    Settings settings,
    TimeProvider clock,
    ILogger<TranscodeTrack> log
) : IJob
{
    internal const int AttemptsMax = 5;
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromSeconds(1);

    /// <summary>The first audio of a track is number 1; later ones replace what is heard when they are ready.</summary>
    internal sealed record Payload(Guid TrackId, int Number = 1);

    internal sealed record Source(string StoragePrefix, string OriginalName, long SizeBytes);

    public async Task Run(JobRun run, CancellationToken ct)
    {
        var (trackId, number) = PayloadOf(run);
        if (await Begin(run, trackId, number, ct) is not { } source)
            return;
        try
        {
            using var room = scratch.Take(source.SizeBytes);
            using var work = MediaWork.Create(MediaScratch.Of(settings));
            await Fetch(source, work, ct);
            var tools = await sandbox.Value;
            var facts = await AudioProbe.Read(tools, work, ct);
            room.Grow(AudioPlan.Of(facts).ScratchBytes(facts.Duration));
            using var progress = new ProgressReport(postgres, clock, run, trackId, ProgressEvery);
            var audio = await AudioEncoding.Run(tools, work, facts, progress.Reached, ct);
            await KnownRecordings.RefuseBlocked(postgres, audio.Analysis.Print, ct);
            await using var claim = await claims.Take(
                $"{source.StoragePrefix}{TrackRevisions.Folder(number, run.Fence)}/",
                ct
            );
            await Store(claim.Prefix, work, audio, ct);
            await using var cover = facts.HasPicture ? await CoverOf(trackId, tools, work, ct) : null;
            await Finish(run, trackId, number, facts, audio, claim, cover, ct);
        }
        catch (AudioRefused refused)
        {
            await Refuse(run, trackId, number, source, refused, ct);
        }
    }

    /// <summary>The original stays: an operator may retry the job once the cause is mended.</summary>
    public Task GiveUp(JobRun run, NpgsqlConnection db, NpgsqlTransaction transaction) =>
        Fail(
            db,
            transaction,
            PayloadOf(run),
            new Failure(
                "PROCESSING_FAILED",
                "The track could not be processed on this server. Its operator has been told."
            )
        );

    /// <summary>
    /// Says so where the owner looks: at the track, or at the revision that was to replace what is heard.
    /// </summary>
    private static Task Fail(NpgsqlConnection db, NpgsqlTransaction transaction, Payload payload, Failure failure) =>
        payload.Number > 1
            ? TrackRevisions.Fail(db, transaction, payload.TrackId, payload.Number, failure)
            : db.ExecuteAsync(
                """
                update track set status = 'failed', failure_code = @Code, failure_message = @Message, updated_at = now()
                  where id = @TrackId
                """,
                new
                {
                    payload.TrackId,
                    failure.Code,
                    failure.Message,
                },
                transaction
            );

    private async Task<Source?> Begin(JobRun run, Guid id, int number, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        // The track's row before the job's: that is the order of everybody.
        var source =
            number > 1
                ? await TrackRevisions.Begin(db, transaction, id, number)
                : await db.QuerySingleOrDefaultAsync<Source>(
                    """
                    update track set status = 'processing', progress = 0, failure_code = null, failure_message = null,
                      updated_at = now()
                     where id = @id and (status in ('queued', 'processing') or failure_code = 'PROCESSING_FAILED')
                    returning storage_prefix, original_name, size_bytes
                    """,
                    new { id },
                    transaction
                );
        await run.Guard(db, transaction);
        await transaction.CommitAsync(CancellationToken.None);
        return source;
    }

    private async Task Fetch(Source source, MediaWork work, CancellationToken ct)
    {
        await using var original = await store.Open(
            source.StoragePrefix + source.OriginalName,
            0,
            source.SizeBytes,
            ct
        );
        await using var local = new FileStream(
            work.SourcePath,
            FileMode.CreateNew,
            FileAccess.Write,
            FileShare.None,
            1 << 17,
            FileOptions.Asynchronous
        );
        await original.CopyToAsync(local, ct);
    }

    /// <summary>
    /// Null, and a line in the log, when the picture in the file cannot be taken: nobody waits for it, and the sound is
    /// none the worse.
    /// </summary>
    private async Task<NewCover?> CoverOf(Guid trackId, MediaSandbox tools, MediaWork work, CancellationToken ct)
    {
        try
        {
            return await NewCover.Store(
                claims,
                store,
                trackId,
                await EmbeddedPicture.Encode(tools, work, MediaScratch.Of(settings), NewCover.Sizes, ct),
                ct
            );
        }
        catch (PictureRefused refused)
        {
            LogRefusedCover(trackId, refused.Message);
            return null;
        }
    }

    private async Task Store(string prefix, MediaWork work, EncodedAudio audio, CancellationToken ct)
    {
        // All at once: each waits for its own disk or its own answer.
        await Task.WhenAll([
            .. audio.Ladder.Renditions.Select(Rendition),
            Put(
                "ladder.json",
                JsonSerializer.SerializeToUtf8Bytes(audio.Ladder, AudioLadderJson.Default.AudioLadder),
                "application/json"
            ),
            .. audio.Analysis.Waveform.Select(level =>
                Put(StoredWaveform.NameOf(level.SamplesPerPixel), level.ToFile(), StoredWaveform.BinaryType)
            ),
        ]);

        async Task Rendition(AudioRendition rendition)
        {
            await using var file = File.OpenRead(work.DonePath(rendition.FileName));
            await store.Put(prefix + rendition.FileName, file, rendition.ContentType, ct);
        }

        async Task Put(string name, byte[] content, string type) =>
            await store.Put(prefix + name, new MemoryStream(content), type, ct);
    }

    private async Task Finish(
        JobRun run,
        Guid id,
        int number,
        AudioFacts facts,
        EncodedAudio audio,
        StorageClaim claim,
        NewCover? cover,
        CancellationToken ct
    )
    {
        var heard = audio.Analysis;
        var twin = await KnownRecordings.Twin(postgres, id, heard.Print, ct);
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        if (number > 1)
            await TrackRevisions.Replace(db, transaction, id, number);
        var isThere = await MeasuredTrack.Write(
            db,
            transaction,
            id,
            TrackRevisions.Folder(number, run.Fence),
            facts,
            audio
        );
        await run.Complete(db, transaction);
        // The track or the revision was deleted meanwhile: the job is done, and what it made goes with its claim.
        if (!isThere)
        {
            await transaction.CommitAsync(CancellationToken.None);
            return;
        }

        await KnownRecordings.Keep(db, transaction, id, TrackRevisions.Folder(number, run.Fence), heard.Print, twin);
        var covered = cover is not null && await cover.SetIfNone(db, transaction);
        var pruned = number > 1 ? await TrackRevisions.Prune(db, transaction, id) : [];
        if (!await StorageClaim.Commit(db, transaction, covered ? [claim, cover!.Claim] : [claim]))
            throw new LeaseLostException(run.Id);
        await db.DisposeAsync();
        await claims.SweepNow(pruned);
    }

    /// <summary>
    /// The file is at fault, so no retry: the track or its revision says why, and the file does not stay in storage.
    /// </summary>
    private async Task Refuse(
        JobRun run,
        Guid id,
        int number,
        Source source,
        AudioRefused refused,
        CancellationToken ct
    )
    {
        // Not all under the track's prefix: another audio of it may stand there.
        var original = TrackRevisions.OriginalPrefix(source.StoragePrefix, source.OriginalName);
        await using (var db = await postgres.OpenConnectionAsync(ct))
        {
            await using var transaction = await db.BeginTransactionAsync(ct);
            await Fail(db, transaction, new Payload(id, number), new Failure(refused.Code, refused.Fault.Message));
            await StorageClaims.Forsake(db, transaction, original);
            await run.Complete(db, transaction);
            await transaction.CommitAsync(CancellationToken.None);
        }

        await claims.SweepNow(original);
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "The picture in the file of track {Track} was not taken: {Reason}"
    )]
    private partial void LogRefusedCover(Guid track, string reason);

    private static Payload PayloadOf(JobRun run) => JsonSerializer.Deserialize(run.Payload, TrackJson.Default.Payload)!;
}

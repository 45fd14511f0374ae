using System.Text.Json;
using Dapper;
using Npgsql;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Texts;

namespace Veza.Features.Tracks.Reads;

/// <summary>
/// A track that is about to be: its file is durable in storage, under the prefix of its id. How the file came in is a
/// matter of Uploads, which adds the track through this in the transaction that ends the upload. It names Tracks, and
/// Tracks never names it: the other way round forms, quota, queue and a dozen errors would be needed here.
/// </summary>
internal sealed record NewTrack(
    Guid Id,
    Guid AccountId,
    UploadDetails Details,
    string FileName,
    long SizeBytes,
    byte[] Sha256
)
{
    internal const string OriginalName = "original";

    private const int FileNameCharsMax = 255;

    internal static string PrefixOf(Guid id) => $"tracks/{id}/";

    /// <summary>
    /// The last part of a path that a client sent, of whatever system, and not too long for the table.
    /// </summary>
    internal static string FileNameOf(string path) =>
        TextCut.OfFileName(Path.GetFileName(path.Replace('\\', '/')), FileNameCharsMax);

    /// <summary>
    /// Adds the track, queued. The job that goes on with it is the caller's, in the same transaction.
    /// </summary>
    internal async Task Add(NpgsqlConnection db, NpgsqlTransaction transaction) =>
        await db.ExecuteAsync(
            """
            insert into track (id, account_id, title, artist, album, genre, tags, description, visibility,
              storage_prefix,
              sha256, size_bytes, file_name)
            values (@Id, @AccountId, @Title, @Artist, @Album, @Genre, @Tags, @Description, @Visibility, @prefix,
              @Sha256,
              @SizeBytes, @FileName)
            """,
            new
            {
                Id,
                AccountId,
                Details.Title,
                Details.Artist,
                Details.Album,
                Details.Genre,
                Tags = new PgValue<string[]>(Details.Tags),
                Details.Description,
                Details.Visibility,
                prefix = PrefixOf(Id),
                Sha256 = new PgValue<byte[]>(Sha256),
                SizeBytes,
                FileName,
            },
            transaction
        );

    /// <summary>The job that makes a track of the file; the matter's subject is the track.</summary>
    internal static Task Transcode(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        JobMatter matter,
        int audioNumber = 1
    )
    {
        string payload = JsonSerializer.Serialize(
            new TranscodeTrack.Payload(matter.SubjectId, audioNumber),
            TrackJson.Default.Payload
        );
        return JobQueue.Enqueue(db, transaction, TracksModule.Transcode, payload, matter: matter);
    }

    /// <summary>How much waits for those who process tracks.</summary>
    internal static Task<JobLoad> Load(PostgresSource postgres, CancellationToken ct) =>
        JobLoad.Of(postgres, TracksModule.Transcode.Name, ct);

    /// <summary>
    /// The file of a track that was added before it was whole. False when the track was deleted or cancelled meanwhile.
    /// One that was given up waits for this: what it was to be made of is all that there is of it.
    /// </summary>
    internal static async Task<bool> TakeFile(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        Guid id,
        string originalName,
        byte[] sha256
    ) =>
        await db.ExecuteAsync(
            """
            update track set sha256 = @hash, original_name = @originalName, status = 'queued', failure_code = null,
              failure_message = null, updated_at = now()
             where id = @id and (status = 'queued' or failure_code = 'PROCESSING_FAILED')
            """,
            new
            {
                id,
                hash = new PgValue<byte[]>(sha256),
                originalName,
            },
            transaction
        ) == 1;

    /// <summary>The file of a track that was added before it was whole does not come.</summary>
    internal static Task GiveUp(NpgsqlConnection db, NpgsqlTransaction transaction, Guid id) =>
        db.ExecuteAsync(
            """
            update track set status = 'failed', failure_code = 'PROCESSING_FAILED',
              failure_message = 'The track could not be processed on this server. Its operator has been told.',
              updated_at = now()
             where id = @id and status = 'queued'
            """,
            new { id },
            transaction
        );
}

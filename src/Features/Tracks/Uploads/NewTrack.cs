using System.Text.Json;
using Dapper;
using Npgsql;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Texts;

namespace Veza.Features.Tracks.Uploads;

/// <summary>A track that is about to be: its file is durable in storage, under the prefix of its id.</summary>
internal sealed record NewTrack(
    Guid Id,
    Guid AccountId,
    UploadDetails Details,
    string FileName,
    long SizeBytes,
    byte[] Sha256
)
{
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
}

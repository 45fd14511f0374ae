using Dapper;
using Npgsql;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Postgres;
using AlbumsEvents = Veza.Features.Albums.AlbumsEvents;

namespace Veza.Features.Tracks;

/// <summary>
/// Listener: the tracks of an album carry its title. A track that left its album keeps the text, as a file keeps its
/// tags.
/// </summary>
internal sealed class NameAlbum(PostgresSource postgres) : IJob
{
    public async Task Run(JobRun run, CancellationToken ct)
    {
        Guid albumId = AlbumsEvents.Changed.Read(run).AlbumId;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        await db.ExecuteAsync(
            """
            update track t set album = b.title, updated_at = now() from album_track x join album b on b.id = x.album_id
             where x.album_id = @albumId and t.id = x.track_id and t.album <> b.title
            """,
            new { albumId },
            transaction
        );
        await run.Complete(db, transaction);
        await transaction.CommitAsync(CancellationToken.None);
    }

    /// <summary>The tracks keep the text of before; the next change of the album tries again.</summary>
    public Task GiveUp(JobRun run, NpgsqlConnection db, NpgsqlTransaction transaction) => Task.CompletedTask;
}

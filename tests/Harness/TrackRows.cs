namespace Veza.Tests.Harness;

/// <summary>
/// Tracks that are there without ever having been heard: made by SQL, for tests of everything but sound.
/// </summary>
internal static class TrackRows
{
    internal const long DurationMs = 180_000;

    internal static async Task<Guid> AddTrack(
        this Actor owner,
        string title,
        string visibility = "public",
        string status = "ready"
    )
    {
        var id = Guid.CreateVersion7();
        await owner.Server.Database.Execute(
            """
            insert into track (id, account_id, title, artist, visibility, status, storage_prefix, sha256, size_bytes,
              duration_ms, loudness_lufs, true_peak_dbtp)
            values ($1, $2, $3, 'Somebody', $4, $5, 'tracks/' || $1 || '/', '', 1, $6, -14, -1)
            """,
            id,
            owner.Id,
            title,
            visibility,
            status,
            DurationMs
        );
        return id;
    }
}

using Dapper;
using Npgsql;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Media;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Tracks.Covers;

/// <summary>
/// A cover whose files are in storage under a claim, and that no track has yet. Disposed before a commit was sent, it
/// leaves nothing.
/// </summary>
internal sealed class NewCover : IAsyncDisposable
{
    internal static readonly PictureSizes Sizes = new(1200, 600, 300, 96);

    internal sealed record Replaced(Guid? CoverId);

    private readonly Guid trackId,
        id;
    private readonly int[] bytes;

    private NewCover(StorageClaim claim, Guid trackId, Guid id, int[] bytes) =>
        (Claim, this.trackId, this.id, this.bytes) = (claim, trackId, id, bytes);

    internal StorageClaim Claim { get; }

    /// <summary>A prefix that is this cover's alone, under the track's: it goes with the track.</summary>
    internal static string PrefixOf(Guid trackId, Guid coverId) => $"{NewTrack.PrefixOf(trackId)}covers/{coverId:n}/";

    internal static async Task<NewCover> Store(
        StorageClaims claims,
        IObjectStore store,
        Guid trackId,
        EncodedPicture picture,
        CancellationToken ct
    )
    {
        var id = Guid.CreateVersion7();
        var claim = await claims.Take(PrefixOf(trackId, id), ct);
        try
        {
            return new NewCover(claim, trackId, id, await StoredPicture.Put(store, claim.Prefix, picture, Sizes, ct));
        }
        catch
        {
            await claim.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Makes it the track's, in the place of what it had; null when the owner has no such track. <see cref="Claim"/>
    /// goes into the commit.
    /// </summary>
    internal async Task<Replaced?> Set(NpgsqlConnection db, NpgsqlTransaction transaction, Guid ownerId)
    {
        var replaced = await db.QuerySingleOrDefaultAsync<Replaced>(
            """
            with before as (select id, cover_id from track where id = @trackId
              and account_id = @ownerId for no key update)
            update track set cover_id = @id, cover_bytes = @bytes, updated_at = now() from before
              where track.id = before.id returning before.cover_id
            """,
            new
            {
                trackId,
                ownerId,
                id,
                bytes = new PgValue<int[]>(bytes),
            },
            transaction
        );
        if (replaced?.CoverId is { } old)
            await StorageClaims.Forsake(db, transaction, PrefixOf(trackId, old));
        return replaced;
    }

    /// <summary>
    /// Makes it the track's if it has none; in a transaction of the caller's that holds the track's row.
    /// </summary>
    internal async Task<bool> SetIfNone(NpgsqlConnection db, NpgsqlTransaction transaction) =>
        await db.ExecuteAsync(
            "update track set cover_id = @id, cover_bytes = @bytes where id = @trackId and cover_id is null",
            new
            {
                trackId,
                id,
                bytes = new PgValue<int[]>(bytes),
            },
            transaction
        ) == 1;

    public ValueTask DisposeAsync() => Claim.DisposeAsync();
}

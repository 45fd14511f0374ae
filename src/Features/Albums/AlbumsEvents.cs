namespace Veza.Features.Albums;

/// <summary>What other rooms may hear of albums. Each is a job, written in the transaction of what it tells.</summary>
internal static class AlbumsEvents
{
    /// <summary>The kind of the job that tells <see cref="AlbumChanged"/>.</summary>
    internal const string Changed = "album_changed";

    /// <summary>An album has another title, or other tracks.</summary>
    internal sealed record AlbumChanged(Guid AlbumId);
}

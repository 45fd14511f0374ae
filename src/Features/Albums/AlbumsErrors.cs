using Veza.Infrastructure.Http;

namespace Veza.Features.Albums;

/// <summary>How requests about albums fail.</summary>
internal static class AlbumsErrors
{
    internal static readonly Error AlbumNotFound = new("ALBUM_NOT_FOUND", 404, "There is no such album");

    internal static readonly Error TooManyAlbums = new(
        "TOO_MANY_ALBUMS",
        409,
        "You have as many albums as are allowed; delete one first"
    );

    internal static readonly Error TrackOnAlbum = new(
        "TRACK_ON_ALBUM",
        409,
        "A track stands on one album at most; take it off the other first"
    );
}

using Veza.Infrastructure;

namespace Veza.Features.Albums;

/// <summary>Tracks of one person that belong together, in the order of the record.</summary>
internal static class AlbumsModule
{
    internal const int NameCharsMax = 200,
        DescriptionCharsMax = 5000,
        AlbumsMax = 1000,
        TracksMax = 200;

    internal static readonly Module Inventory = new("Albums")
    {
        Slices =
        [
            (Roles.Api, CreateAlbum.Endpoint),
            (Roles.Api, ShowAlbum.Endpoint),
            (Roles.Api, EditAlbum.Endpoint),
            (Roles.Api, ArrangeAlbum.Endpoint),
            (Roles.Api, DeleteAlbum.Endpoint),
            (Roles.Api, ListUserAlbums.Endpoint),
        ],
        Json = [AlbumJson.Default, CreateAlbumJson.Default, EditAlbumJson.Default, ArrangeAlbumJson.Default],
    };
}

using Veza.Infrastructure;
using Veza.Infrastructure.Http;

namespace Veza.Features.Albums;

/// <summary>Tracks of one person that belong together, in the order of the record.</summary>
internal static class AlbumsModule
{
    internal static readonly Module Inventory = new("Albums")
    {
        Slices =
        [
            new(Roles.Api, typeof(CreateAlbum), CreateAlbumJson.Default, AlbumJson.Default),
            new(Roles.Api, typeof(ShowAlbum)),
            new(Roles.Api, typeof(EditAlbum), EditAlbumJson.Default),
            new(Roles.Api, typeof(ArrangeAlbum), ArrangeAlbumJson.Default),
            new(Roles.Api, typeof(DeleteAlbum)),
            new(Roles.Api, typeof(ListUserAlbums)),
        ],
    };
}

/// <summary>What the slices of this room share; one of them begins with a user.</summary>
internal sealed class AlbumsGroup() : SliceGroup("/api/v1", "Albums");

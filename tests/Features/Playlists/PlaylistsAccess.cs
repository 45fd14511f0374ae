using Veza.Tests.House;

namespace Veza.Tests.Features.Playlists;

internal sealed class PlaylistsAccess : ModuleAccess
{
    internal override AccessThing[] Things =>
        [
            new(
                "/api/v1/playlists/{id}",
                "insert into playlist (id, owner_id, name, visibility) values ($1, $2, 'Secret', 'private')"
            )
            {
                IsOwnersAlone = true,
            },
        ];
}

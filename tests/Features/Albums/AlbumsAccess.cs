using Veza.Tests.House;

namespace Veza.Tests.Features.Albums;

internal sealed class AlbumsAccess : ModuleAccess
{
    internal override AccessThing[] Things =>
        [
            new(
                "/api/v1/albums/{id}",
                "insert into album (id, account_id, title, visibility) values ($1, $2, 'Secret', 'private')"
            )
            {
                IsOwnersAlone = true,
            },
        ];
}

using Veza.Tests.House;

namespace Veza.Tests.Features.Users;

internal sealed class UsersAccess : ModuleAccess
{
    internal override AccessThing[] Things =>
        [
            new("/api/v1/users/{id}", null),
            new(
                "/api/v1/users/me/",
                """
                with fan as (insert into account (id, username, email, display_name)
                  values ($1, left($1::text, 30), $1 || '@example.org', 'Fan')
                  returning id) insert into supporter (account_id, supporter_id) select $2, id from fan
                """
            ),
        ];
}

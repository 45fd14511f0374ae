using Veza.Tests.House;

namespace Veza.Tests.Features.Plays;

internal sealed class PlaysAccess : ModuleAccess
{
    internal override AccessThing[] Things =>
        [
            new(
                "/api/v1/plays/{id}",
                """
                insert into play (id, track_id, listener, account_id, source, duration_ms, counts_after_ms, is_own,
                  is_bot,
                  begun_at, closes_at, heard_at, credited_until)
                values ($1, $1, $1, $2, 'other', 60000, 30000, false, false, now(), now() + interval '1 hour', now(),
                  now())
                """
            ),
        ];
}

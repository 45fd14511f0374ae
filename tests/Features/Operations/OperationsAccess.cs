using Veza.Tests.House;

namespace Veza.Tests.Features.Operations;

internal sealed class OperationsAccess : ModuleAccess
{
    internal override AccessThing[] Things =>
        [
            new(
                "/api/v1/admin/jobs/{id}",
                """
                insert into job (id, kind, payload, state, owner_id)
                  values ($1, 'test', '{}', 'dead', $2)
                """
            ),
        ];
}

using Veza.Tests.House;

namespace Veza.Tests.Features.Streaming;

internal sealed class StreamingAccess : ModuleAccess
{
    internal override AccessThing[] Things => [];

    internal override string[] Elsewhere => ["/stream"];
}

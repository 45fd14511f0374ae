using System.Text.Json.Serialization;
using Veza.Infrastructure.Events;

namespace Veza.Features.Plays;

/// <summary>What happened here that concerns other rooms.</summary>
internal static class PlaysEvents
{
    /// <summary>
    /// Tracks whose number of plays in <c>play_total</c> has grown, and by how many each, in the same order. It has no
    /// subject: it is about many.
    /// </summary>
    internal sealed record PlaysCounted(Guid[] TrackIds, long[] Plays);

    internal static readonly EventKind<PlaysCounted> Counted = new(
        "plays_counted",
        PlaysEventsJson.Default.PlaysCounted
    );
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(PlaysEvents.PlaysCounted))]
internal sealed partial class PlaysEventsJson : JsonSerializerContext;

using System.Text.Json;
using System.Text.Json.Serialization;
using Veza.Infrastructure.Jobs;

namespace Veza.Features.Plays;

/// <summary>
/// What happened here that concerns other rooms: a job for whoever owns the consequence, who adds what runs it.
/// </summary>
internal static class PlaysEvents
{
    /// <summary>Tracks whose number of plays in <c>play_total</c> has grown.</summary>
    internal sealed record PlaysCounted(Guid[] TrackIds)
    {
        internal static PlaysCounted Read(string payload) =>
            JsonSerializer.Deserialize(payload, PlaysEventsJson.Default.PlaysCounted)!;

        internal string Write() => JsonSerializer.Serialize(this, PlaysEventsJson.Default.PlaysCounted);
    }

    internal static readonly JobKind Counted = new(
        "plays_counted",
        5,
        _ => throw new InvalidOperationException("The room of the consequence runs this job.")
    )
    {
        IsBrief = true,
    };
}

[JsonSerializable(typeof(PlaysEvents.PlaysCounted))]
internal sealed partial class PlaysEventsJson : JsonSerializerContext;

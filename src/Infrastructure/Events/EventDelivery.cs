using System.Text.Json;
using System.Text.Json.Serialization;
using Veza.Infrastructure.Jobs;

namespace Veza.Infrastructure.Events;

/// <summary>
/// An event as one listener gets it, at least once. Its id is that of the event for every listener and at every try:
/// who must not do a thing twice remembers it.
/// </summary>
internal sealed record EventDelivery(long Id, string Kind, Guid? SubjectId, DateTimeOffset At, JsonElement Event)
{
    internal static EventDelivery Of(JobRun run) =>
        JsonSerializer.Deserialize(run.Payload, EventDeliveryJson.Default.EventDelivery)!;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(EventDelivery))]
internal sealed partial class EventDeliveryJson : JsonSerializerContext;

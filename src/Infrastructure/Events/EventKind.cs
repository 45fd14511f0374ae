using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Dapper;
using Npgsql;
using Veza.Infrastructure.Jobs;

namespace Veza.Infrastructure.Events;

/// <summary>Something that happens, by its name in the feed.</summary>
internal abstract record EventKind(string Name);

/// <summary>
/// Something that happens and what is told of it. The room where it happens declares it among its events and writes it,
/// here or by a trigger; any room may listen.
/// </summary>
internal sealed record EventKind<T>(string Name, JsonTypeInfo<T> Json) : EventKind(Name)
    where T : notnull
{
    /// <summary>
    /// In the transaction of its cause. Events of one subject are in order where their causes hold its row, or another
    /// lock, until they are committed.
    /// </summary>
    internal Task Write(NpgsqlConnection db, NpgsqlTransaction transaction, Guid? subjectId, T told)
    {
        var payload = JsonSerializer.Serialize(told, Json);
        return db.ExecuteAsync(
            "select record_event(@Name, @subjectId, @payload::jsonb)",
            new
            {
                Name,
                subjectId,
                payload,
            },
            transaction
        );
    }

    internal T Read(EventDelivery delivery) =>
        delivery.Kind == Name
            ? delivery.Event.Deserialize(Json)!
            : throw new InvalidOperationException($"This is an event {delivery.Kind} and no {Name}.");

    /// <summary>For who listens to this kind alone.</summary>
    internal T Read(JobRun run) => Read(EventDelivery.Of(run));
}

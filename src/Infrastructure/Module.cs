using System.Text.Json.Serialization.Metadata;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Events;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Security;

namespace Veza.Infrastructure;

/// <summary>
/// A room of the house and all that is in it: which role serves which slice, the jobs, the wire types, the nouns.
/// </summary>
internal sealed record Module(string Name)
{
    /// <summary>Its slices: the role that serves it, its type, and its JSON.</summary>
    internal SliceEntry[] Slices { get; init; } = [];

    internal JobKind[] Jobs { get; init; } = [];

    /// <summary>What it listens to, of its own and of other rooms: one line for each listener.</summary>
    internal EventSubscription[] Subscriptions { get; init; } = [];

    /// <summary>The triggers that write its events.</summary>
    internal EventTrigger[] Triggers { get; init; } = [];

    /// <summary>
    /// What the worker role does every minute to keep the room's tables small. Any number of workers may do so at once.
    /// </summary>
    internal UpkeepTask[] Upkeep { get; init; } = [];

    /// <summary>What an operator may set of it, read at the start of every verb.</summary>
    internal SettingsPart[] Settings { get; init; } = [];

    /// <summary>How often its things may be tried.</summary>
    internal LimitPolicy[] Policies { get; init; } = [];

    /// <summary>Where it keeps secrets that must be read again.</summary>
    internal SealedColumn[] Sealed { get; init; } = [];

    /// <summary>Constraints of its tables, by the error that their violation means to a client.</summary>
    internal IReadOnlyDictionary<string, Error> Constraints { get; init; } = new Dictionary<string, Error>();

    internal IJsonTypeInfoResolver[] Json { get; init; } = [];

    internal Action<IServiceCollection, IReadOnlySet<string>> Nouns { get; init; } = (_, _) => { };
}

/// <summary>
/// A line of the inventory: a slice, the role that serves it, and the types that it reads and writes.
/// </summary>
internal sealed record SliceEntry(string Role, Type Type, params IJsonTypeInfoResolver[] Json);

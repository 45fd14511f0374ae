using System.Diagnostics.CodeAnalysis;
using Veza.Infrastructure.Jobs;

namespace Veza.Infrastructure.Events;

/// <summary>
/// An event listener: the name under which it is given events, what it listens to, and what runs. Each event is a job
/// of this kind, with tries, dead letters and workers of its own.
/// </summary>
internal sealed record EventSubscription(string Name, EventKind[] Events, Func<IServiceProvider, IJob> Create)
{
    internal int AttemptsMax { get; init; } = 10;

    /// <summary>
    /// No event of a subject is begun while an earlier one of it waits or runs. A dead one holds up nobody: the next go
    /// on, and it comes late if an operator has it tried again.
    /// </summary>
    internal bool IsInOrder { get; init; }

    /// <summary>
    /// A new listener is given all that the feed still has; otherwise what happens after the first worker knew it.
    /// </summary>
    internal bool IsFromTheBeginning { get; init; }

    internal EventSubscription InOrder() => this with { IsInOrder = true };

    internal EventSubscription FromTheBeginning() => this with { IsFromTheBeginning = true };

    internal JobKind Job => new(Name, AttemptsMax, Create);

    internal static EventSubscription Of<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TListener
    >(string name, params EventKind[] events)
        where TListener : IJob => new(name, events, services => ActivatorUtilities.CreateInstance<TListener>(services));
}

/// <summary>
/// A trigger that writes events: what it writes is in the statement of its cause, whatever code that is.
/// </summary>
internal sealed record EventTrigger(string Table, string Name, EventKind Event);

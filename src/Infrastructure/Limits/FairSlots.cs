using System.Net;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Infrastructure.Limits;

/// <summary>
/// Whose a slot is: an account's, where one is known, and that of the address it is asked from, and of its network.
/// </summary>
internal readonly record struct SlotHolder(Guid? Person, IPAddress? Address)
{
    internal static SlotHolder Of(HttpContext http) => new(http.Features.Get<Caller>()?.UserId, ClientAddress.Of(http));
}

/// <summary>How many slots one person may hold, one address, and one network (/24, /48).</summary>
internal readonly record struct SlotShares(int Person, int Address, int Network)
{
    /// <summary>
    /// Of so many slots in all: nobody takes the last ones, and it needs several networks to take them all.
    /// </summary>
    internal static SlotShares Of(int total) =>
        new(Math.Max(1, total / 4), Math.Max(1, total / 2), Math.Max(1, total * 3 / 4));

    /// <summary>Where everybody is signed in, and thousands may share an address.</summary>
    internal static SlotShares OfPersons(int each) => new(each, int.MaxValue, int.MaxValue);
}

/// <summary>
/// Slots of this process that all people share, such as pictures being received: a person, an address and a network
/// hold at most their share of them, so that nobody is kept out by one alone. Who finds none is refused, or waits for
/// one; those who wait go in their order, but for whose share is used up.
/// </summary>
internal sealed class FairSlots(int total, SlotShares shares)
{
    private readonly Lock gate = new();
    private readonly Dictionary<Key, int> held = [];
    private readonly LinkedList<Waiter> waiting = [];
    private int taken;

    private readonly record struct Key(int Kind, UInt128 Id);

    private sealed record Waiter(Key[] Keys)
    {
        internal TaskCompletionSource<Slot> Given { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>A slot until it is disposed of, or null when there is none for this holder.</summary>
    internal Slot? Take(SlotHolder holder) => Take(holder, out _);

    /// <summary>The same; when there is none, whether that is because the holder has their share.</summary>
    internal Slot? Take(SlotHolder holder, out bool hasShare)
    {
        var keys = KeysOf(holder);
        lock (gate)
        {
            hasShare = taken < total && HasShare(keys);
            return taken < total && !hasShare ? Enter(keys) : null;
        }
    }

    /// <summary>A slot, once there is one for this holder.</summary>
    internal async Task<Slot> Wait(SlotHolder holder, CancellationToken ct)
    {
        var keys = KeysOf(holder);
        LinkedListNode<Waiter> place;
        lock (gate)
        {
            // Whoever waits already does not fit in now: who leaves lets in all that do.
            if (taken < total && !HasShare(keys))
                return Enter(keys);
            place = waiting.AddLast(new Waiter(keys));
        }

        await using var gaveUp = ct.Register(() => Forget(place, ct));
        return await place.Value.Given.Task;
    }

    private void Forget(LinkedListNode<Waiter> place, CancellationToken ct)
    {
        lock (gate)
        {
            if (place.List is null)
                return;
            waiting.Remove(place);
        }

        place.Value.Given.TrySetCanceled(ct);
    }

    private Slot Enter(Key[] keys)
    {
        taken++;
        foreach (var key in keys)
            held[key] = held.GetValueOrDefault(key) + 1;
        return new Slot(() => Leave(keys));
    }

    private void Leave(Key[] keys)
    {
        lock (gate)
        {
            taken--;
            foreach (var key in keys)
                if (--held[key] == 0)
                    held.Remove(key);
            for (var place = waiting.First; place is not null && taken < total; )
            {
                var next = place.Next;
                if (!HasShare(place.Value.Keys))
                {
                    waiting.Remove(place);
                    place.Value.Given.SetResult(Enter(place.Value.Keys));
                }

                place = next;
            }
        }
    }

    private bool HasShare(Key[] keys)
    {
        foreach (var key in keys)
            if (held.GetValueOrDefault(key) >= Share(key.Kind))
                return true;
        return false;
    }

    private int Share(int kind) =>
        kind switch
        {
            0 => shares.Person,
            1 => shares.Address,
            _ => shares.Network,
        };

    private static Key[] KeysOf(SlotHolder holder)
    {
        Key[] person = holder.Person is { } id ? [new Key(0, BitConverter.ToUInt128(id.ToByteArray()))] : [];
        if (holder.Address is not { } address)
            return person;
        var network = ClientAddress.UnitOf(ClientAddress.SubnetOf(address).BaseAddress);
        return [.. person, new Key(1, ClientAddress.UnitOf(address)), new Key(2, network)];
    }

    internal sealed class Slot(Action leave) : IDisposable
    {
        private Action? leave = leave;

        /// <summary>Gives it back, once.</summary>
        public void Dispose() => Interlocked.Exchange(ref leave, null)?.Invoke();
    }
}

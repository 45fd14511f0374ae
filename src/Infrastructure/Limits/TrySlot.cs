using Veza.Infrastructure.Http;

namespace Veza.Infrastructure.Limits;

/// <summary>
/// A try that was let through, or why it was not. Unless it is given back it counts; dispose of it when its outcome is
/// known.
/// </summary>
internal sealed class TrySlot : IDisposable
{
    private readonly Limits? limits;
    private readonly TryKey[] keys;
    private readonly string id;
    private readonly long takenAt;
    private bool isSettled;

    internal TrySlot(Error refused) => (Refused, keys, id, isSettled) = (refused, [], "", true);

    internal TrySlot(Limits limits, TryKey[] keys, string id, long takenAt, TimeSpan lockedFor, bool isKnown) =>
        (this.limits, this.keys, this.id, this.takenAt, LockedFor, IsKnown) = (
            limits,
            keys,
            id,
            takenAt,
            lockedFor,
            isKnown
        );

    internal Error? Refused { get; }

    /// <summary>
    /// When this was the subject's last try for now: how long it is locked if it fails. Zero otherwise.
    /// </summary>
    internal TimeSpan LockedFor { get; }

    internal bool IsKnown { get; }

    /// <summary>The try was a good one, or was never made: it does not count.</summary>
    internal Task GiveBack()
    {
        if (!isSettled)
            limits!.GiveBack(keys, id, takenAt);
        isSettled = true;
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        if (isSettled)
            return;
        isSettled = true;
        limits!.Keep(keys, takenAt);
    }
}

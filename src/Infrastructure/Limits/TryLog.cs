namespace Veza.Infrastructure.Limits;

/// <summary>
/// The tries of one key that still count: when each was taken and when it leaves, oldest first. Used under the table's
/// lock.
/// </summary>
internal sealed class TryLog
{
    private readonly List<(long TakenAt, long LeavesAt)> tries = [];
    private TaskCompletionSource? settled;
    private int underWay;

    internal int Count => tries.Count;

    internal long ElsewhereUntil { get; set; }

    internal void Add(long now, long leavesAt)
    {
        tries.Add((now, leavesAt));
        underWay++;
    }

    /// <summary>
    /// The instant at which there is room, 0 when there is some now. Below its usual limit, as under attack, more than
    /// one try must leave.
    /// </summary>
    internal long RoomAt(int max, long now)
    {
        while (tries.Count > 0 && tries[0].LeavesAt <= now)
            tries.RemoveAt(0);
        return tries.Count < max ? 0 : tries[tries.Count - max].LeavesAt;
    }

    internal bool HasRoomOnceSettled(int max) => underWay > 0 && tries.Count - underWay < max;

    internal Task WhenSettled() =>
        (settled ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    internal void Settle(long takenAt, bool giveBack)
    {
        underWay = Math.Max(0, underWay - 1);
        var index = giveBack ? tries.FindIndex(t => t.TakenAt == takenAt) : -1;
        if (index >= 0)
            tries.RemoveAt(index);
        WakeAll();
    }

    internal bool IsIdle(long now) =>
        ElsewhereUntil <= now && underWay == 0 && (tries.Count == 0 || tries[^1].LeavesAt <= now);

    internal void WakeAll()
    {
        settled?.SetResult();
        settled = null;
    }
}

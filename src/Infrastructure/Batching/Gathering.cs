using Veza.Infrastructure.Loops;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.Batching;

/// <summary>
/// Work that is done a batch at a time for each key: while one batch is under way, what comes gathers to the next.
/// There is no timer: who is alone waits for nobody, and many share what a batch costs. The work tells its items how it
/// went, and does not throw.
/// </summary>
internal sealed class Gathering<T>(int batchMax, int waitingMax, Func<Guid, T[], Task> work)
{
    private readonly Dictionary<Guid, Queue<T>> lines = [];

    /// <summary>False when too many wait already.</summary>
    internal bool Add(Guid key, T item)
    {
        HeldConnections.MustBeNone("a batch");
        lock (lines)
        {
            if (lines.TryGetValue(key, out var line))
            {
                if (line.Count >= waitingMax)
                    return false;
                line.Enqueue(item);
                return true;
            }

            lines[key] = new Queue<T>();
        }

        _ = Work(key, item);
        return true;
    }

    /// <summary>Takes out all that wait, for work that has found out that it cannot be done.</summary>
    internal T[] TakeWaiting(Guid key)
    {
        lock (lines)
            return lines.TryGetValue(key, out var line) ? Take(line, line.Count) : [];
    }

    private async Task Work(Guid key, T first)
    {
        for (T[] batch = [first]; batch.Length > 0; batch = Next(key))
        {
            try
            {
                await work(key, batch);
            }
            catch (Exception)
            {
                // It is not to throw. If it does, those who come after have their turn all the same.
                TaskFailures.Count("A batch");
            }
        }
    }

    private T[] Next(Guid key)
    {
        lock (lines)
        {
            var line = lines[key];
            if (line.Count == 0)
                lines.Remove(key);
            return Take(line, Math.Min(line.Count, batchMax));
        }
    }

    private static T[] Take(Queue<T> line, int count)
    {
        var taken = new T[count];
        for (var i = 0; i < count; i++)
            taken[i] = line.Dequeue();
        return taken;
    }
}

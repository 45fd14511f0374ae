using System.Collections.Concurrent;

namespace Veza.Infrastructure.Loops;

/// <summary>How often each task of this process has failed since its start.</summary>
internal static class TaskFailures
{
    private static readonly ConcurrentDictionary<string, long> Counts = new();

    internal static long Of(string task) => Counts.GetValueOrDefault(task);

    internal static KeyValuePair<string, long>[] All() =>
        [.. Counts.ToArray().OrderBy(count => count.Key, StringComparer.Ordinal)];

    internal static long Count(string task) => Counts.AddOrUpdate(task, 1, (_, before) => before + 1);
}

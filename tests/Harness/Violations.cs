using System.Collections.Concurrent;

namespace Veza.Tests.Harness;

/// <summary>
/// What servers, and nouns that run in this process, told of connections that are held where none may be. One is
/// enough: the test that runs is red, and so are the class whose server it was, and the run.
/// </summary>
internal static class Violations
{
    private static readonly ConcurrentQueue<string> New = new();
    private static volatile string? first;

    /// <summary>The first of the whole run, if there was one.</summary>
    internal static string? First => first;

    internal static void Add(string told)
    {
        Interlocked.CompareExchange(ref first, told, null);
        New.Enqueue(told);
    }

    /// <summary>Those that no test has answered for yet.</summary>
    internal static string[] Take()
    {
        var taken = new List<string>();
        while (New.TryDequeue(out var told))
            taken.Add(told);
        return [.. taken];
    }
}

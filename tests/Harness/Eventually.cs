using System.Diagnostics;

namespace Veza.Tests.Harness;

/// <summary>
/// Waits for a condition instead of for a time. The deadline is for what never comes, and is long on purpose: a slow
/// machine is no fault.
/// </summary>
internal static class Eventually
{
    internal static readonly TimeSpan DeadlineMax = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    internal static Task True(string what, Func<Task<bool>> condition) =>
        Get(what, async () => await condition() ? what : null);

    /// <summary>What the question answers, once it is not null.</summary>
    internal static async Task<T> Get<T>(string what, Func<Task<T?>> question)
        where T : class
    {
        var since = Stopwatch.StartNew();
        while (true)
        {
            if (await question() is { } answer)
                return answer;
            if (since.Elapsed > DeadlineMax)
                throw new TimeoutException($"Waited {DeadlineMax.TotalSeconds:0} s in vain: {what}.");
            await Task.Delay(Pause);
        }
    }
}

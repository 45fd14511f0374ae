namespace Veza.Tests.Harness;

/// <summary>
/// A statement about each of some things. About none it would hold whatever the program does, so there must be one at
/// least.
/// </summary>
internal static class Each
{
    internal static void Of<T>(IEnumerable<T> things, Action<T> check)
    {
        T[] all = [.. things];
        Assert.NotEmpty(all);
        Assert.All(all, check);
    }

    /// <summary>That something is not in a list which would show it: others are in it.</summary>
    internal static void IsNot<T>(T thing, IEnumerable<T> listed)
    {
        T[] all = [.. listed];
        Assert.NotEmpty(all);
        Assert.DoesNotContain(thing, all);
    }
}

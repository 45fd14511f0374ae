using System.Collections.Concurrent;

namespace Veza.Tests.Harness;

/// <summary>
/// The one server, or stage, of this kind for all classes that keep to people, rooms and tracks of their own. It starts
/// with the first of them and ends with the run.
/// </summary>
/// <remarks>
/// Who kills, freezes, restarts or weighs a server, counts rows of whole tables, looks for what its log says or does
/// not say, or asks for lists of all people's things has one alone: <c>IClassFixture&lt;VezaServer&gt;</c>.
/// </remarks>
public sealed class Shared<T> : IAsyncLifetime
    where T : class, IAsyncLifetime, new()
{
    private static readonly Lazy<Task<T>> One = new(Start);

    internal T It { get; private set; } = null!;

    public async ValueTask InitializeAsync() => It = await One.Value;

    /// <summary>It goes on: other classes may be at it.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static async Task<T> Start()
    {
        var one = new T();
        await one.InitializeAsync();
        SharedStages.Add(one);
        return one;
    }
}

/// <summary>What classes share, until the run ends it.</summary>
internal static class SharedStages
{
    private static readonly ConcurrentBag<IAsyncDisposable> All = [];

    internal static void Add(IAsyncDisposable stage) => All.Add(stage);

    internal static async Task End()
    {
        foreach (var stage in All)
            await stage.DisposeAsync();
    }
}

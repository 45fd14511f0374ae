using Veza.Infrastructure.Postgres;

namespace Veza.Features.Auth.OAuth;

/// <summary>
/// Something of a provider that seldom changes, fetched by one request for all who wait. When it cannot be fetched
/// again, the old one serves on for a day; and a failure is told for a moment to all who ask, instead of letting each
/// of them wait for it in turn.
/// </summary>
internal sealed class Remembered<T>(Func<CancellationToken, Task<T>> fetch, TimeProvider clock) : IDisposable
    where T : class
{
    private static readonly TimeSpan StaleMax = TimeSpan.FromDays(1),
        FailureKept = TimeSpan.FromSeconds(2);
    private readonly SemaphoreSlim one = new(1);
    private volatile Kept? kept;
    private volatile Failed? failed;

    private sealed record Kept(T Value, DateTimeOffset At);

    private sealed record Failed(ProviderFault Fault, DateTimeOffset At);

    internal async Task<T> Get(TimeSpan ageMax, CancellationToken ct)
    {
        if (Younger(ageMax) is { } known)
            return known;
        HeldConnections.MustBeNone("a turn");
        await one.WaitAsync(ct);
        try
        {
            if (Younger(ageMax) is { } arrived)
                return arrived;
            return failed is { } last && clock.GetUtcNow() - last.At < FailureKept
                ? Younger(StaleMax) ?? throw last.Fault
                : await Fetch(ct);
        }
        finally
        {
            one.Release();
        }
    }

    private async Task<T> Fetch(CancellationToken ct)
    {
        try
        {
            var value = await fetch(ct);
            (kept, failed) = (new Kept(value, clock.GetUtcNow()), null);
            return value;
        }
        catch (ProviderFault fault)
        {
            failed = new Failed(fault, clock.GetUtcNow());
            if (Younger(StaleMax) is { } old)
                return old;
            throw;
        }
    }

    public void Dispose() => one.Dispose();

    private T? Younger(TimeSpan ageMax) =>
        kept is { } known && clock.GetUtcNow() - known.At < ageMax ? known.Value : null;
}

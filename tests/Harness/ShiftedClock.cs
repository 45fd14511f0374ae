namespace Veza.Tests.Harness;

/// <summary>A clock that goes right and shows another time.</summary>
internal sealed class ShiftedClock(TimeSpan shift) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + shift;
}

using Veza.Infrastructure.Http;

namespace Veza.Tests.Infrastructure.Http;

public sealed class EndTimeTests
{
    private sealed class Noon : TimeProvider
    {
        internal static readonly DateTime Utc = new(2026, 3, 1, 12, 0, 0, DateTimeKind.Utc);

        public override DateTimeOffset GetUtcNow() => Utc;
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData(-1, false)]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public void An_end_lies_ahead_or_is_not_said(int? secondsAhead, bool isTaken)
    {
        DateTime? end = secondsAhead is { } seconds ? Noon.Utc.AddSeconds(seconds) : null;
        Assert.Equal(isTaken, EndTime.Refuse(end, new Noon()) is null);
    }

    [Fact]
    public void One_that_has_passed_is_told_by_the_name_of_its_field() =>
        Assert.Equal(
            new FieldError("expires_at", "OUT_OF_RANGE", "expires_at lies in the past"),
            Assert.Single(EndTime.Refuse(Noon.Utc.AddDays(-1), new Noon(), "expires_at")!.Fields)
        );
}

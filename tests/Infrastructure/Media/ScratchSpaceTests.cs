using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Media;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Media;

public sealed class ScratchSpaceTests
{
    private const long Mib = 1 << 20;

    [Fact]
    public void Who_finds_no_room_waits_until_another_gives_it_back()
    {
        var space = new ScratchSpace(TestRun.NewFolder("room"), bytesMax: 10 * Mib, perJobBytesMax: 8 * Mib);
        var first = space.Take(4 * Mib);
        first.Grow(2 * Mib);
        var waits = Assert.Throws<JobPostponedException>(() => space.Take(5 * Mib));
        Assert.Contains("no room for 5 MiB", waits.Message, StringComparison.Ordinal);
        using var second = space.Take(4 * Mib);
        Assert.Throws<JobPostponedException>(() => second.Grow(1));
        Assert.Equal(10 * Mib, space.TakenBytes);
        first.Dispose();
        first.Dispose();
        second.Grow(2 * Mib);
        Assert.Equal(6 * Mib, space.TakenBytes);
    }

    [Fact]
    public void A_file_that_needs_more_than_one_may_have_is_refused_and_not_kept_waiting()
    {
        var space = new ScratchSpace(TestRun.NewFolder("room"), bytesMax: 10 * Mib, perJobBytesMax: 8 * Mib);
        using var room = space.Take(4 * Mib);
        Assert.Equal("AUDIO_TOO_LARGE", Assert.Throws<AudioRefused>(() => room.Grow(4 * Mib + 1)).Code);
        Assert.Equal(4 * Mib, space.TakenBytes);
    }

    [Fact]
    public void What_the_disk_has_not_is_waited_for()
    {
        var space = new ScratchSpace(TestRun.NewFolder("room"), long.MaxValue, long.MaxValue);
        var waits = Assert.Throws<JobPostponedException>(() => space.Take(1L << 60));
        Assert.Contains("The disk of the scratch folder", waits.Message, StringComparison.Ordinal);
        Assert.Equal(0, space.TakenBytes);
    }
}

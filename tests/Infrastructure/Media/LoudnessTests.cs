using Veza.Infrastructure.Media;

namespace Veza.Tests.Infrastructure.Media;

public sealed class LoudnessTests
{
    private static string Summary(string integrated, string peak) =>
        $"[Parsed_ebur128_4 @ 0x1] Summary:\n\n  Integrated loudness:\n    I:         {integrated} LUFS\n    "
        + $"Threshold: -22.7 LUFS\n\n  Loudness range:\n    LRA:         3.5 LU\n"
        + $"    Threshold: -32.7 LUFS\n    LRA low:   -12.9 LUFS\n    LRA high:  -12.6 LUFS\n\n  True peak:\n    "
        + $"Peak:       {peak} dBFS\n[aac @ 0x2] Qavg: 137.9\n";

    [Fact]
    public void The_summary_is_read() =>
        Assert.Equal(new Loudness(-12.7, 3.5, -5.8), Loudness.Parse(Summary("-12.7", "-5.8")));

    [Fact]
    public void A_tag_that_imitates_the_summary_is_not_believed() =>
        Assert.Equal(
            new Loudness(-12.7, 3.5, 0.4),
            Loudness.Parse("  title : " + Summary("-1.0", "-99.0") + Summary("-12.7", "0.4"))
        );

    [Fact]
    public void Silence_has_no_loudness_and_no_peak() =>
        Assert.Equal(new Loudness(null, 3.5, null), Loudness.Parse(Summary("-70.0", "-inf")));

    [Fact]
    public void Without_a_summary_there_is_none() => Assert.Null(Loudness.Parse("size= 1kB time=00:00:01"));
}

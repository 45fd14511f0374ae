using System.Text;
using Veza.Features.Auth.Factors;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth.Factors;

/// <summary>The verifier itself, against the vectors of the RFCs and at the edges of its window.</summary>
public sealed class TimeCodesTests
{
    private static readonly byte[] RfcSeed = Encoding.ASCII.GetBytes("12345678901234567890");

    private static DateTime At(long unixS) => DateTime.UnixEpoch.AddSeconds(unixS);

    /// <summary>
    /// RFC 6238, appendix B, SHA-1. The RFC prints eight digits; six digits are the last six of the same number.
    /// </summary>
    [Theory]
    [InlineData(59, "94287082", 0x1)]
    [InlineData(1111111109, "07081804", 0x23523EC)]
    [InlineData(1111111111, "14050471", 0x23523ED)]
    [InlineData(1234567890, "89005924", 0x273EF07)]
    [InlineData(2000000000, "69279037", 0x3F940AA)]
    [InlineData(20000000000, "65353130", 0x27BC86AA)]
    public void The_vectors_of_RFC_6238_hold(long unixS, string printed, long step)
    {
        Assert.Equal(step, TimeCodes.StepOf(RfcSeed, printed[2..], At(unixS)));
        Assert.Equal(printed[2..], new AuthenticatorApp(RfcSeed).CodeAt(step));
    }

    /// <summary>RFC 4226, appendix D: the counter is the time step.</summary>
    [Theory]
    [InlineData(1, "287082")]
    [InlineData(2, "359152")]
    [InlineData(3, "969429")]
    [InlineData(4, "338314")]
    [InlineData(5, "254676")]
    [InlineData(6, "287922")]
    [InlineData(7, "162583")]
    [InlineData(8, "399871")]
    [InlineData(9, "520489")]
    public void The_vectors_of_RFC_4226_hold(long counter, string code) =>
        Assert.Equal(counter, TimeCodes.StepOf(RfcSeed, code, At(counter * TimeCodes.StepS)));

    [Fact]
    public void A_code_is_good_for_one_step_before_and_one_after_its_own()
    {
        const long step = 50_000_000;
        var code = new AuthenticatorApp(RfcSeed).CodeAt(step);
        var (first, last) = ((step - 1) * TimeCodes.StepS, (step + 2) * TimeCodes.StepS - 1);
        Assert.Null(TimeCodes.StepOf(RfcSeed, code, At(first).AddTicks(-1)));
        Assert.Equal(step, TimeCodes.StepOf(RfcSeed, code, At(first)));
        Assert.Equal(step, TimeCodes.StepOf(RfcSeed, code, At(last)));
        Assert.Null(TimeCodes.StepOf(RfcSeed, code, At(last + 1)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("28708")]
    [InlineData("2870820")]
    [InlineData("287O82")]
    [InlineData("-28708")]
    [InlineData("28708２")]
    [InlineData("94287082")]
    [InlineData("287083")]
    public void What_is_no_code_is_refused(string code) => Assert.Null(TimeCodes.StepOf(RfcSeed, code, At(59)));

    [Fact]
    public void A_code_may_be_typed_as_apps_show_it() => Assert.Equal(1, TimeCodes.StepOf(RfcSeed, "287 082", At(59)));

    [Fact]
    public void Seeds_are_as_long_as_the_hash_and_none_is_made_twice()
    {
        var seeds = Enumerable.Range(0, 100).Select(_ => TimeCodes.NewSeed()).ToArray();
        Each.Of(seeds, s => Assert.Equal(20, s.Length));
        Assert.Equal(100, seeds.Select(Convert.ToHexString).Distinct().Count());
    }

    [Fact]
    public void Recovery_codes_differ_and_are_read_as_people_type_them()
    {
        var codes = RecoveryCode.NewSet();
        Assert.Equal(RecoveryCode.PerAccount, codes.Distinct().Count());
        Each.Of(codes, c => Assert.Matches("^[2-9abcdefghjkmnp-tv-z]{5}-[2-9abcdefghjkmnp-tv-z]{5}$", c));
        Assert.Equal("abcde23456", RecoveryCode.Normal(" ABCDE 23456"));
        foreach (var wrong in new[] { "", "abcde-2345", "abcde-234567", "abcde-2345o", "abcde_23456" })
            Assert.Null(RecoveryCode.Normal(wrong));
    }
}

using System.Globalization;
using System.Text.RegularExpressions;

namespace Veza.Infrastructure.Media;

/// <summary>
/// EBU R128 of what listeners hear (after the mixdown). Integrated loudness is null where all lies under the gate, as
/// in silence; so is the peak of pure zeros.
/// </summary>
internal sealed partial record Loudness(double? IntegratedLufs, double RangeLu, double? TruePeakDbtp)
{
    private const double GateLufs = -70;

    /// <summary>
    /// Reads the meter's summary: the last one, since the file's own tags are printed before it and might imitate it.
    /// </summary>
    internal static Loudness? Parse(string log)
    {
        var at = log.LastIndexOf("Summary:", StringComparison.Ordinal);
        if (at < 0 || Pattern().Match(log, at) is not { Success: true } match)
            return null;
        var integrated = double.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        var range = double.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture);
        double? peak =
            double.TryParse(match.Groups[3].ValueSpan, CultureInfo.InvariantCulture, out var db) && double.IsFinite(db)
                ? db
                : null;
        return new Loudness(integrated <= GateLufs ? null : integrated, range, peak);
    }

    [GeneratedRegex(
        @"\bI:\s+(-?\d+\.\d+) LUFS.*?\bLRA:\s+(-?\d+\.\d+) LU\b.*?\bPeak:\s+(-?[\d.]+|-?inf|nan) dBFS",
        RegexOptions.Singleline
    )]
    private static partial Regex Pattern();
}

namespace Veza.Infrastructure.Media;

/// <summary>
/// Finds what a player may skip at both ends: all before the first and after the last sample that is louder than
/// <see cref="ThresholdDbfs"/>.
/// </summary>
internal sealed class EdgeSilence(int sampleRateHz)
{
    internal const double ThresholdDbfs = -60;
    private static readonly int Threshold = (int)(32768 * Math.Pow(10, ThresholdDbfs / 20));
    private long _count,
        _first = -1,
        _last;

    internal bool HasSound => _first >= 0;

    /// <summary>
    /// A sound that is silent throughout begins at its end, so that the two together are never more than there is.
    /// </summary>
    internal int StartMs => Ms(HasSound ? _first : _count);
    internal int EndMs => HasSound ? Ms(_count - 1 - _last) : 0;

    internal void Add(ReadOnlySpan<short> samples)
    {
        if (!HasSound)
        {
            var at = 0;
            while (at < samples.Length && !IsHeard(samples[at]))
                at++;
            if (at < samples.Length)
                _first = _count + at;
        }

        for (var at = samples.Length - 1; HasSound && at >= 0; at--)
        {
            if (!IsHeard(samples[at]))
                continue;
            _last = _count + at;
            break;
        }

        _count += samples.Length;
    }

    private static bool IsHeard(short sample) => sample > Threshold || sample < -Threshold;

    private int Ms(long samples) => (int)(samples * 1000 / sampleRateHz);
}

using System.Globalization;
using System.Numerics;

namespace Veza.Infrastructure.Media;

/// <summary>
/// What a recording sounds like, in Chromaprint's 32-bit words, eight a second: the same in another encoding, but for
/// some bits, and wherever it is cut.
/// </summary>
internal sealed record Fingerprint(int[] Items)
{
    /// <summary>How much of a recording is printed, from its first sound on.</summary>
    internal const int SecondsMax = 300;
    internal const int KeysMax = 128;

    /// <summary>
    /// Of all bits that two recordings have at the same time, how many may differ: other encodings differ in some
    /// hundredths of them, unrelated recordings in half.
    /// </summary>
    internal const double DifferenceMax = 0.2;

    private const double ItemsPerSecond = 8.08,
        PrintableSecondsMin = 5;
    private const int SilentItem = 627964279,
        KeysMin = 16,
        OverlapItemsMin = (int)(8 * ItemsPerSecond),
        OffsetsTried = 4,
        PlacesMax = 8;
    private static readonly MediaLimits Limits = new(TimeSpan.FromMinutes(1), OutputBytesMax: 1 << 20);
    private const int WordsBytesMax = 64 * 1024;

    /// <summary>Null when the sound is too short, or too uniform, to be told from others.</summary>
    internal static async Task<Fingerprint?> Read(
        MediaSandbox sandbox,
        MediaWork work,
        FingerprintClip clip,
        CancellationToken ct
    )
    {
        if (clip.Pcm.Length < PrintableSecondsMin * clip.RateHz * 2)
            return null;
        var words = "";
        var run = await sandbox.Print(
            work,
            clip,
            Limits,
            async (output, token) => words = await Bounded(output, token),
            ct
        );
        // Fpcalc takes the end of a raw stream for an error when it has printed it: 3.
        if (
            run.ExitCode != 0
            && !(run.ExitCode == 3 && run.StderrTail.Contains("End of file", StringComparison.Ordinal))
        )
            throw new IOException(
                $"The sound could not be printed (exit {run.ExitCode}): {MediaRunVerdict.LastLines(run.StderrTail)}"
            );
        var print = new Fingerprint([
            .. words
                .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(word => int.Parse(word, CultureInfo.InvariantCulture)),
        ]);
        return print.Keys().Length >= KeysMin ? print : null;
    }

    /// <summary>
    /// The words by which it is found: those that come first in an order that has nothing to do with time, so that two
    /// recordings of the same sound pick the same ones wherever each begins.
    /// </summary>
    internal int[] Keys() =>
        [
            .. Items
                .Where((item, i) => item != SilentItem && (i == 0 || item != Items[i - 1]))
                .Distinct()
                .OrderBy(Scattered)
                .Take(KeysMax),
        ];

    /// <summary>
    /// The share of bits that differ where the two lie best upon each other; null when they do not for long enough.
    /// </summary>
    internal double? DifferenceFrom(Fingerprint other)
    {
        var places = new Dictionary<int, List<int>>();
        for (var at = 0; at < other.Items.Length; at++)
        {
            if (other.Items[at] == SilentItem)
                continue;
            if (!places.TryGetValue(other.Items[at], out var list))
                places[other.Items[at]] = list = [];
            if (list.Count < PlacesMax)
                list.Add(at);
        }

        // Words that are equal to the bit vote for the offset at which they are.
        var votes = new int[Items.Length + other.Items.Length];
        for (var at = 0; at < Items.Length; at++)
        {
            if (places.TryGetValue(Items[at], out var list))
                foreach (var place in list)
                    votes[place - at + Items.Length]++;
        }

        var overlapMin = Math.Max(OverlapItemsMin, Math.Min(Items.Length, other.Items.Length) / 2);
        double? best = null;
        foreach (var (offset, count) in votes.Index().OrderByDescending(vote => vote.Item).Take(OffsetsTried))
        {
            if (
                count > 0
                && DifferenceAt(other, offset - Items.Length, overlapMin) is { } difference
                && !(best <= difference)
            )
                best = difference;
        }

        return best;
    }

    internal bool IsSameRecordingAs(Fingerprint other) => DifferenceFrom(other) <= DifferenceMax;

    private double? DifferenceAt(Fingerprint other, int offset, int overlapMin)
    {
        int from = Math.Max(0, -offset),
            to = Math.Min(Items.Length, other.Items.Length - offset);
        if (to - from < overlapMin)
            return null;
        long bits = 0;
        for (var at = from; at < to; at++)
            bits += BitOperations.PopCount((uint)(Items[at] ^ other.Items[at + offset]));
        return bits / (32d * (to - from));
    }

    private static uint Scattered(int item)
    {
        var x = (uint)item;
        x = (x ^ x >> 16) * 0x85EBCA6B;
        x = (x ^ x >> 13) * 0xC2B2AE35;
        return x ^ x >> 16;
    }

    private static async Task<string> Bounded(Stream output, CancellationToken ct)
    {
        var buffer = new byte[WordsBytesMax];
        var count = await output.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct);
        return count < buffer.Length
            ? System.Text.Encoding.ASCII.GetString(buffer, 0, count)
            : throw new IOException("The print of a sound has no end");
    }
}

/// <summary>
/// The first minutes of a sound as the printer wants them: mono, 16 bits, from where it begins to be heard.
/// </summary>
internal sealed class FingerprintClip(int rateHz)
{
    private byte[] _bytes = new byte[1 << 16];
    private int _count;

    internal int RateHz => rateHz;

    internal ReadOnlyMemory<byte> Pcm => _bytes.AsMemory(0, _count);

    internal void Add(ReadOnlySpan<float> samples)
    {
        var bytesMax = Fingerprint.SecondsMax * rateHz * 2;
        samples = samples[..Math.Min(samples.Length, (bytesMax - _count) / 2)];
        if (_count + 2 * samples.Length > _bytes.Length)
            Array.Resize(ref _bytes, Math.Min(bytesMax, Math.Max(2 * _bytes.Length, _count + 2 * samples.Length)));
        foreach (var sample in samples)
        {
            var value = (short)Math.Clamp(sample * 32768, short.MinValue, short.MaxValue);
            (_bytes[_count++], _bytes[_count++]) = ((byte)value, (byte)(value >> 8));
        }
    }
}

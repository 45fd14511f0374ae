namespace Veza.Tests.Infrastructure.Media;

/// <summary>Sounds of known tempo and key as samples, made without the code that is to find them.</summary>
internal static class PlayedSounds
{
    internal const int RateHz = 44100;

    /// <summary>A short ping on each beat over a bed of noise.</summary>
    internal static short[] Clicks(double bpm, double seconds, double noise, int rateHz = RateHz)
    {
        var sound = Noise(seconds, noise, rateHz);
        for (var at = 0.1; at < seconds; at += 60 / bpm)
        {
            for (var i = 0; i < rateHz / 20 && (int)(at * rateHz) + i < sound.Length; i++)
                sound[(int)(at * rateHz) + i] +=
                    0.6 * Math.Exp(-i * 150d / rateHz) * Math.Sin(2 * Math.PI * 1200 * i / rateHz);
        }

        return Samples(sound);
    }

    /// <summary>
    /// I IV V I vi IV V I (in minor the fifth has its leading note) in triads over a bass, each tone with overtones, in
    /// a tuning beside 440 Hz.
    /// </summary>
    internal static short[] Cadence(int tonic, bool isMinor, double noise, double cents = 0)
    {
        int[] scale = isMinor ? [0, 2, 3, 5, 7, 8, 10] : [0, 2, 4, 5, 7, 9, 11];
        int[] roots = [0, 3, 4, 0, 5, 3, 4, 0];
        const double chordS = 1.2;
        var sound = Noise(chordS * roots.Length, noise, RateHz);
        foreach (var (chord, root) in roots.Index())
        {
            for (var voice = 0; voice < 4; voice++)
            {
                var degree = voice == 3 ? root : root + 2 * voice;
                var note =
                    tonic
                    + scale[degree % 7]
                    + 12 * (degree / 7)
                    - (voice == 3 ? 12 : 0)
                    + (isMinor && root == 4 && voice == 1 ? 1 : 0);
                Tone(sound, chord * chordS, chordS, 440 * Math.Pow(2, (note - 69 + cents / 100) / 12));
            }
        }

        return Samples(sound);
    }

    internal static short[] Held(double hz, double seconds)
    {
        var sound = new double[(int)(seconds * RateHz)];
        for (var i = 0; i < sound.Length; i++)
            sound[i] = 0.4 * Math.Sin(2 * Math.PI * hz * i / RateHz);
        return Samples(sound);
    }

    /// <summary>A voice-like buzz whose pitch never rests and whose syllables keep no time.</summary>
    internal static short[] Speech(double seconds)
    {
        var random = new Random(11);
        var sound = Noise(seconds, 0.01, RateHz);
        for (double at = 0, phase = 0; at < seconds; )
        {
            double lengthS = 0.08 + 0.25 * random.NextDouble(),
                from = 90 + 120 * random.NextDouble(),
                to = 90 + 120 * random.NextDouble();
            var count = (int)(lengthS * RateHz);
            for (var i = 0; i < count && (int)(at * RateHz) + i < sound.Length; i++)
            {
                phase += (from + (to - from) * i / count) / RateHz;
                var swell = Math.Sin(Math.PI * i / count);
                for (var overtone = 1; overtone <= 12; overtone++)
                    sound[(int)(at * RateHz) + i] += 0.05 * swell * Math.Sin(2 * Math.PI * overtone * phase);
            }

            at += lengthS + 0.02 + 0.3 * random.NextDouble() * random.NextDouble();
        }

        return Samples(sound);
    }

    internal static double[] Noise(double seconds, double amplitude, int rateHz)
    {
        var random = new Random(7);
        return [.. Enumerable.Range(0, (int)(seconds * rateHz)).Select(_ => amplitude * (2 * random.NextDouble() - 1))];
    }

    internal static short[] Samples(double[] sound) => [.. sound.Select(v => (short)(Math.Clamp(v, -1, 1) * 32767))];

    private static void Tone(double[] sound, double fromS, double lengthS, double hz)
    {
        var from = (int)(fromS * RateHz);
        for (var i = 0; i < lengthS * RateHz && from + i < sound.Length; i++)
        {
            var swell = Math.Exp(-i / 40000d) * Math.Min(1, i / 400d);
            for (var overtone = 1; overtone <= 4; overtone++)
                sound[from + i] += 0.08 / overtone * swell * Math.Sin(2 * Math.PI * hz * overtone * i / RateHz);
        }
    }
}

using System.Runtime.CompilerServices;

namespace Veza.Demo;

/// <summary>
/// A plucked string (Karplus-Strong with a tuned loop): a short burst runs around a delay line that loses its highs
/// first.
/// </summary>
internal sealed class PluckedString(uint seed)
{
    private readonly float[] _line = new float[2048];
    private readonly float[] _burst = new float[2048];
    private Noise _noise = new(seed);

    /// <summary>Seconds until the fundamental has fallen by 60 dB.</summary>
    public float DecayS { get; init; } = 4;

    /// <summary>0 rings like wire, 0.6 like gut.</summary>
    public float Damping { get; init; } = 0.3f;

    /// <summary>Where it is plucked: near 0 is the bridge (thin), 0.5 the middle (hollow).</summary>
    public float PickPlace { get; init; } = 0.2f;

    /// <summary>How much the plectrum scrapes.</summary>
    public float Scrape { get; init; } = 0.35f;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Play(Bus bus, int at, int heldFrames, float hz, float velocity, float place)
    {
        float w = 2 * MathF.PI * hz / Bus.RateHz,
            d = Damping;
        float lag = MathF.Atan2(d * MathF.Sin(w), 1 - d * MathF.Cos(w)) / w;
        float loss = (1 - d) / MathF.Sqrt(1 - 2 * d * MathF.Cos(w) + d * d);
        float period = Bus.RateHz / hz - lag;
        int length = (int)(period - 0.2f);
        float rest = period - length,
            tune = (1 - rest) / (1 + rest);
        // Above 0.9999 a direct-current residue of the burst would outlive the string.
        float ring = Math.Min(0.9999f, MathF.Exp(-6.9f / (hz * DecayS)) / loss);
        float mute = ring * MathF.Exp(-6.9f / (hz * 0.16f));

        Excite(length, velocity);
        int end = Math.Min(Math.Min(heldFrames + Bus.FramesIn(0.2), Bus.FramesIn(DecayS)), bus.Frames - at);
        Pan pan = Pan.At(place);
        float low = 0,
            apIn = 0,
            apOut = 0;
        for (int n = 0, i = 0; n < end; n++)
        {
            float sound = _line[i];
            low = (1 - d) * sound + d * low + 1e-20f;
            apOut = tune * low + apIn - tune * apOut;
            apIn = low;
            _line[i] = apOut * (n < heldFrames ? ring : mute);
            i = i + 1 == length ? 0 : i + 1;

            float level = velocity * Math.Min(1, Math.Min(n / 40f, (end - 1 - n) / 400f));
            bus.Left[at + n] += sound * level * pan.Left;
            bus.Right[at + n] += sound * level * pan.Right;
        }
    }

    private void Excite(int length, float velocity)
    {
        // A pulse gives the note its body and the noise its scrape; a harder pluck is a brighter one.
        float soft = Math.Clamp(0.75f - 0.55f * velocity, 0.1f, 0.8f),
            smooth = 0;
        int hump = Math.Max(4, (int)(length * (0.5f - 0.35f * Math.Min(1, velocity))));
        for (int n = 0; n < length; n++)
        {
            float pulse = n < hump ? MathF.Sin(MathF.PI * n / hump) : 0;
            smooth = soft * smooth + (1 - soft) * (pulse * (1 - Scrape) * 1.6f + _noise.Next() * Scrape);
            _burst[n] = smooth;
        }

        int back = Math.Max(1, (int)(length * PickPlace));
        float sum = 0,
            power = 0;
        for (int n = 0; n < length; n++)
        {
            _line[n] = _burst[n] - 0.9f * _burst[n >= back ? n - back : n - back + length];
            sum += _line[n];
        }

        float mean = sum / length;
        for (int n = 0; n < length; n++)
        {
            _line[n] -= mean;
            power += _line[n] * _line[n];
        }

        float scale = 0.3f / MathF.Sqrt(power / length + 1e-9f);
        for (int n = 0; n < length; n++)
            _line[n] *= scale;
    }
}

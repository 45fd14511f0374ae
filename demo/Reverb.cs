using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Veza.Demo;

/// <summary>A room: eight delay lines that feed each other through a Hadamard matrix, darker with every turn.</summary>
internal sealed class Reverb(float decayS, float dampingHz, float size = 1, float preDelayS = 0.015f)
{
    private const int Lines = 8;
    private const int LineFrames = 8192;
    private const int Mask = LineFrames - 1;

    // Primes, so that no two echoes meet again soon.
    private static readonly int[] Lengths = [1123, 1327, 1559, 1801, 2053, 2311, 2617, 2903];

    /// <summary>Replaces the bus by its echo.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Apply(Bus bus)
    {
        // The lines lie interleaved, one vector per moment: eight lines are damped and mixed at once.
        var line = new float[Lines * LineFrames];
        int[] back = [.. Lengths.Select(frames => Math.Min(LineFrames - 32, (int)(frames * size)))];
        Vector256<float> gain = Vector256.Create<float>([.. back.Select(frames => Fall(frames) * 0.35355339f)]);
        Vector256<float> low = default,
            damp = Vector256.Create(1 - MathF.Exp(-2 * MathF.PI * dampingHz / Bus.RateHz));
        // A long decay piles up: this keeps the room as loud as what went in.
        float level = 0.5f * MathF.Sqrt(1 - Fall(back[3]) * Fall(back[3])),
            swing = 0;
        Vector256<float> toLeft = Vector256.Create(level, 0, -level, 0, level, 0, -level, 0),
            toRight = Vector256.Create(0, level, 0, -level, 0, level, 0, -level);
        Delay beforeLeft = new(Bus.FramesIn(preDelayS)),
            beforeRight = new(Bus.FramesIn(preDelayS * 1.13));
        Diffuser l1 = new(241),
            l2 = new(577),
            r1 = new(263),
            r2 = new(601);
        for (int n = 0; n < bus.Frames; n++)
        {
            swing += 0.37f / Bus.RateHz;
            float wave = 8 + 7 * Oscillator.Sine(swing);
            float inLeft = l2.Next(l1.Next(beforeLeft.Next(bus.Left[n]))) + 1e-18f;
            float inRight = r2.Next(r1.Next(beforeRight.Next(bus.Right[n])));

            // Two lines wander by a few samples, against a metallic ring.
            Vector256<float> heard = Vector256.Create(
                At(line, n - back[0], 0),
                At(line, n - back[1], 1),
                Between(line, n - back[2], 2, wave),
                At(line, n - back[3], 3),
                At(line, n - back[4], 4),
                Between(line, n - back[5], 5, 16 - wave),
                At(line, n - back[6], 6),
                At(line, n - back[7], 7)
            );
            low += (heard - low) * damp;
            bus.Left[n] = Vector256.Sum(low * toLeft);
            bus.Right[n] = Vector256.Sum(low * toRight);
            Vector256<float> next =
                Hadamard(low) * gain
                + Vector256.Create(inLeft, inRight, inLeft, inRight, inLeft, inRight, inLeft, inRight);
            next.CopyTo(line, (n & Mask) * Lines);
        }
    }

    private float Fall(int frames) => MathF.Exp(-6.9f * frames / (decayS * Bus.RateHz));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float At(float[] line, int frame, int lane) => line[(frame & Mask) * Lines + lane];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Between(float[] line, int frame, int lane, float drift)
    {
        int whole = (int)drift;
        float near = At(line, frame - whole, lane);
        return near + (At(line, frame - whole - 1, lane) - near) * (drift - whole);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Hadamard(Vector256<float> x)
    {
        Vector256<float> a =
            Vector256.Shuffle(x, Vector256.Create(1, 0, 3, 2, 5, 4, 7, 6))
            + x * Vector256.Create(1f, -1, 1, -1, 1, -1, 1, -1);
        Vector256<float> b =
            Vector256.Shuffle(a, Vector256.Create(2, 3, 0, 1, 6, 7, 4, 5))
            + a * Vector256.Create(1f, 1, -1, -1, 1, 1, -1, -1);
        return Vector256.Shuffle(b, Vector256.Create(4, 5, 6, 7, 0, 1, 2, 3))
            + b * Vector256.Create(1f, 1, 1, 1, -1, -1, -1, -1);
    }

    private sealed class Delay(int frames)
    {
        private readonly float[] _line = new float[Math.Max(1, frames)];
        private int _at;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public float Next(float value)
        {
            float old = _line[_at];
            _line[_at] = value;
            _at = _at + 1 == _line.Length ? 0 : _at + 1;
            return old;
        }
    }

    private sealed class Diffuser(int frames)
    {
        private const float Gain = 0.62f;
        private readonly float[] _line = new float[frames];
        private int _at;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public float Next(float value)
        {
            float old = _line[_at],
                kept = value + Gain * old;
            _line[_at] = kept;
            _at = _at + 1 == _line.Length ? 0 : _at + 1;
            return old - Gain * kept;
        }
    }
}

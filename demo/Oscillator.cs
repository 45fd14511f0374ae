using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Veza.Demo;

internal enum Wave
{
    Sine,
    Triangle,
    Saw,
    Pulse,
}

/// <summary>
/// A band-limited oscillator, eight frames at a time: polyBLEP rounds the jumps of saw and pulse, polyBLAMP the corners
/// of the triangle.
/// </summary>
internal struct Oscillator
{
    public const int Block = 8;

    private static readonly Vector256<float> Ramp = Vector256.Create(0f, 1, 2, 3, 4, 5, 6, 7);

    private readonly Wave _wave;
    private readonly float _width;
    private float _phase;
    private float _step;

    public Oscillator(Wave wave, float hz, float phase, float width = 0.5f)
    {
        _wave = wave;
        _width = width;
        _phase = phase - MathF.Floor(phase);
        _step = hz / Bus.RateHz;
    }

    public void Tune(float hz) => _step = hz / Bus.RateHz;

    /// <summary>Adds a run of samples to both sides; its length is a multiple of <see cref="Block"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void AddTo(Span<float> left, Span<float> right, Pan pan)
    {
        Vector256<float> steps = Ramp * _step,
            perStep = Vector256.Create(1 / _step),
            shift = Vector256.Create(1 - _width);
        Vector256<float> toLeft = Vector256.Create(pan.Left),
            toRight = Vector256.Create(pan.Right);
        float phase = _phase;
        for (int n = 0; n < left.Length; n += Block)
        {
            Vector256<float> turns = Vector256.Create(phase) + steps;
            // A pulse is one saw less another that is late by its width; so it carries no direct current.
            Vector256<float> value = _wave switch
            {
                Wave.Saw => Saw(turns, perStep),
                Wave.Pulse => Saw(turns + shift, perStep) - Saw(turns, perStep),
                Wave.Triangle => Triangle(turns, perStep),
                _ => Sine(turns),
            };
            Span<float> l = left.Slice(n, Block),
                r = right.Slice(n, Block);
            (Vector256.Create<float>(l) + value * toLeft).CopyTo(l);
            (Vector256.Create<float>(r) + value * toRight).CopyTo(r);
            phase += Block * _step;
            phase -= (int)phase;
        }

        _phase = phase;
    }

    /// <summary>
    /// The sine of a phase counted in turns: a polynomial on the quarter turn, exact to one part in 300,000.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sine(float turns)
    {
        float t = turns - 0.25f;
        t = 0.25f - Math.Abs(t - MathF.Round(t));
        float q = t * t;
        return t * (6.28318531f - q * (41.3417022f - q * (81.6052493f - q * (76.7058597f - q * 42.0586939f))));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Sine(Vector256<float> turns)
    {
        Vector256<float> t = turns - Vector256.Create(0.25f);
        t = Vector256.Create(0.25f) - Vector256.Abs(t - Vector256.Round(t));
        Vector256<float> q = t * t;
        Vector256<float> inner = Vector256.Create(81.6052493f) - q * (Vector256.Create(76.7058597f) - q * 42.0586939f);
        return t * (Vector256.Create(6.28318531f) - q * (Vector256.Create(41.3417022f) - q * inner));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Saw(Vector256<float> turns, Vector256<float> perStep)
    {
        Vector256<float> side = turns - Vector256.Round(turns);
        Vector256<float> near = Vector256.Max(
            Vector256<float>.Zero,
            Vector256<float>.One - Vector256.Abs(side) * perStep
        );
        return side + side - Vector256.CopySign(Vector256<float>.One - near * near, side);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Triangle(Vector256<float> turns, Vector256<float> perStep)
    {
        Vector256<float> fromCrest = Vector256.Abs(Centred(turns - Vector256.Create(0.25f)));
        Vector256<float> fromTrough = Vector256.Create(0.5f) - fromCrest;
        Vector256<float> corner = Corner(fromTrough * perStep) - Corner(fromCrest * perStep);
        return Vector256<float>.One - fromCrest * 4 + corner * 4 / perStep;
    }

    private static Vector256<float> Centred(Vector256<float> turns) => turns - Vector256.Round(turns);

    private static Vector256<float> Corner(Vector256<float> steps)
    {
        Vector256<float> near = Vector256.Max(Vector256<float>.Zero, Vector256<float>.One - steps);
        return near * near * near / 3;
    }
}

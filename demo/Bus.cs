using System.Runtime.CompilerServices;

namespace Veza.Demo;

/// <summary>A stereo stretch of sound: instruments add to it, effects change it in place.</summary>
internal sealed class Bus
{
    public const int RateHz = 44_100;

    public const int SecondsMax = 60;

    public float[] Left { get; } = new float[SecondsMax * RateHz];
    public float[] Right { get; } = new float[SecondsMax * RateHz];
    public int Frames { get; private set; }

    public static int FramesIn(double seconds) => (int)Math.Round(seconds * RateHz);

    public static float Decibels(float db) => MathF.Pow(10, db / 20);

    public void Clear(int frames)
    {
        Frames = frames;
        Array.Clear(Left, 0, frames);
        Array.Clear(Right, 0, frames);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Mix(Bus other, float gain)
    {
        int count = Math.Min(Frames, other.Frames);
        for (int n = 0; n < count; n++)
        {
            Left[n] += other.Left[n] * gain;
            Right[n] += other.Right[n] * gain;
        }
    }

    /// <summary>Raised-cosine fades at both ends: silent at the very first and last frame.</summary>
    public void Fade(double inS, double outS)
    {
        int rise = FramesIn(inS),
            fall = FramesIn(outS);
        for (int n = 0; n < rise; n++)
            Multiply(n, 0.5f - 0.5f * MathF.Cos(MathF.PI * n / rise));

        for (int n = 0; n < fall; n++)
            Multiply(Frames - 1 - n, 0.5f - 0.5f * MathF.Cos(MathF.PI * n / fall));
    }

    private void Multiply(int frame, float gain)
    {
        Left[frame] *= gain;
        Right[frame] *= gain;
    }
}

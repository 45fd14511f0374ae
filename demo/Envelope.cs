using System.Runtime.CompilerServices;

namespace Veza.Demo;

/// <summary>
/// Attack, decay, sustain, release; the release reaches -60 dB in its time and then zero, so that no note ends in a
/// click.
/// </summary>
internal readonly record struct Envelope(float AttackS, float DecayS, float Sustain, float ReleaseS)
{
    /// <param name="heldFrames">How long the note is held.</param>
    /// <param name="every">1 for a value per frame, more for a control curve that is read once in so many
    /// frames.</param>
    public Contour Start(int heldFrames, int every = 1) => new(this, heldFrames / every, (float)Bus.RateHz / every);
}

/// <summary>One run through an envelope.</summary>
internal struct Contour(Envelope shape, int held, float rateHz)
{
    private const int LandingFrames = 128;

    private readonly int _attack = Math.Max((int)(rateHz / 1000) + 1, (int)(shape.AttackS * rateHz));
    private readonly float _decay = 1 - MathF.Exp(-3 / (Math.Max(0.001f, shape.DecayS) * rateHz));
    private readonly float _release = MathF.Exp(-6.9f / (Math.Max(0.004f, shape.ReleaseS) * rateHz));
    private readonly int _end = held + Math.Max(2 * LandingFrames, (int)(shape.ReleaseS * rateHz));
    private readonly float _sustain = shape.Sustain;
    private float _level;
    private int _frame;

    public readonly int Frames => _end;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Next()
    {
        if (_frame >= held)
        {
            _level *= _release;
        }
        else if (_frame < _attack)
        {
            _level = (_frame + 1f) / _attack;
        }
        else
        {
            _level += (_sustain - _level) * _decay;
        }

        _frame++;
        int left = Math.Max(0, _end - _frame);
        return left >= LandingFrames ? _level : _level * left / LandingFrames;
    }
}

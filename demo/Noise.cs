using System.Runtime.CompilerServices;

namespace Veza.Demo;

/// <summary>White noise and dice from a fixed seed (xorshift32), so that every render is the same to the bit.</summary>
internal struct Noise(uint seed)
{
    private uint _state = seed * 2654435761u | 1;

    /// <summary>From -1 to 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Next()
    {
        _state ^= _state << 13;
        _state ^= _state >> 17;
        _state ^= _state << 5;
        return (int)_state * (1f / 2147483648f);
    }

    /// <summary>From 0 to 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Chance() => Next() * 0.5f + 0.5f;

    /// <summary>A musician's small lateness or haste, in frames.</summary>
    public int Sway(float mostMs) => (int)(Next() * mostMs * Bus.RateHz / 1000);
}

using System.Runtime.CompilerServices;

namespace Veza.Demo;

/// <summary>The noise channel of an old console: a shift register clocked at a pitch, under a stepped volume.</summary>
internal sealed class ChipNoise(Bus bus)
{
    private uint _register = 0x4001;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Strike(int at, float gain, float fromHz, float toHz, float seconds, float place = 0)
    {
        const int VolumeSteps = 16;
        int end = Math.Min(Bus.FramesIn(seconds), bus.Frames - at);
        Pan pan = Pan.At(place);
        float clock = 0,
            smooth = 0,
            bit = 0;
        for (int n = 0; n < end; n++)
        {
            float part = (float)n / end;
            clock += (fromHz + (toHz - fromHz) * MathF.Sqrt(part)) / Bus.RateHz;
            // Averaging the ticks inside one frame keeps a fast register from aliasing.
            float sum = bit,
                count = 1;
            for (; clock >= 1; clock -= 1, count++)
                sum += bit = Tick();

            float volume = MathF.Ceiling((1 - part) * (1 - part) * VolumeSteps) / VolumeSteps;
            // Slewed over a millisecond: the steps are heard, their edges are not.
            smooth += (volume - smooth) * 0.03f;
            float value = sum / count * smooth * gain * Math.Min(1, Math.Min(n / 12f, (end - 1 - n) / 100f));
            bus.Left[at + n] += value * pan.Left;
            bus.Right[at + n] += value * pan.Right;
        }
    }

    private float Tick()
    {
        uint feedback = (_register ^ _register >> 1) & 1;
        _register = _register >> 1 | feedback << 14;
        return (_register & 1) * 2f - 1;
    }
}

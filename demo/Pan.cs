namespace Veza.Demo;

/// <summary>Equal-power gains for a place between the speakers: -1 is left, 1 is right.</summary>
internal readonly record struct Pan(float Left, float Right)
{
    public static Pan At(float place)
    {
        float angle = (Math.Clamp(place, -1, 1) + 1) * MathF.PI / 4;
        return new Pan(MathF.Cos(angle) * MathF.Sqrt(2), MathF.Sin(angle) * MathF.Sqrt(2));
    }
}

namespace Veza.Demo;

/// <summary>Note names: C4 is middle C (60), sharps with #, flats with b.</summary>
internal static class Pitch
{
    public static float Hz(float note) => 440 * MathF.Pow(2, (note - 69) / 12);

    public static int Number(string name)
    {
        int step = name[0] switch
        {
            'C' => 0,
            'D' => 2,
            'E' => 4,
            'F' => 5,
            'G' => 7,
            'A' => 9,
            'B' => 11,
            _ => throw new FormatException($"'{name}' is not a note."),
        };
        int accidental = name[1] switch
        {
            '#' => 1,
            'b' => -1,
            _ => 0,
        };
        int octave = name[^1] - '0';
        return 12 * (octave + 1) + step + accidental;
    }

    public static int[] Chord(string names) => [.. names.Split(' ').Select(Number)];

    /// <summary>So many steps up (or down, when negative) within a scale; the note must belong to it.</summary>
    public static int Step(int note, int tonic, int[] scale, int steps)
    {
        int above = note - tonic,
            octave = (int)MathF.Floor(above / 12f),
            place = Array.IndexOf(scale, above - 12 * octave);
        int target = place + steps,
            turns = (int)MathF.Floor((float)target / scale.Length);
        return tonic + 12 * (octave + turns) + scale[target - turns * scale.Length];
    }
}

namespace Veza.Demo;

/// <summary>
/// What stands on the sleeve. <paramref name="By"/> is the demo person who uploads it, null for the one that stays on
/// disk.
/// </summary>
internal sealed record Credits(
    string Slug,
    string Extension,
    string? By,
    string Title,
    string Artist,
    string Album,
    string Genre,
    string[] Tags,
    string Description
)
{
    public string FileName => $"{Slug}.{Extension}";
}

internal abstract class Song(Credits credits)
{
    public static IReadOnlyList<Song> All { get; } =
    [
        new LettersFromTheCoast(),
        new HarbourLights(),
        new SevenSteps(),
        new PocketDragon(),
        new FjordBeforeLight(),
        new NightBus(),
    ];

    public Credits Credits => credits;

    /// <summary>Plays the whole song; the same samples every time.</summary>
    public abstract Bus Render(Studio studio);
}

using Veza.Infrastructure.Http;

namespace Veza.Features.Playlists;

/// <summary>What a playlist says of itself; what is null is not said.</summary>
internal sealed record PlaylistWords(string? Name, string? Description, string? Visibility);

internal sealed class PlaylistRules : RulesFor<PlaylistWords>
{
    internal static readonly PlaylistRules Validator = new();

    public PlaylistRules()
    {
        RuleFor(w => w.Name).IsName("name", PlaylistsLimits.NameCharsMax);
        RuleFor(w => w.Description).HasAtMost("A description", PlaylistsLimits.DescriptionCharsMax);
        RuleFor(w => w.Visibility).IsVisibility("public", "unlisted", "private");
    }
}

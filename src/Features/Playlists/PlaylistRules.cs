using FluentValidation;
using Veza.Infrastructure.Http;

namespace Veza.Features.Playlists;

/// <summary>What a playlist says of itself; what is null is not said.</summary>
internal sealed record PlaylistWords(string? Name, string? Description, string? Visibility);

internal sealed class PlaylistRules : RulesFor<PlaylistWords>
{
    internal static readonly PlaylistRules Validator = new();

    public PlaylistRules()
    {
        RuleFor(w => w.Name)
            .Cascade(CascadeMode.Stop)
            .Must(n => n is null || n.Trim().Length > 0)
            .WithErrorCode("REQUIRED")
            .WithMessage("name is required")
            .MaximumLength(PlaylistsLimits.NameCharsMax)
            .WithErrorCode("TOO_LONG")
            .WithMessage($"A name has at most {PlaylistsLimits.NameCharsMax} characters");
        RuleFor(w => w.Description)
            .MaximumLength(PlaylistsLimits.DescriptionCharsMax)
            .WithErrorCode("TOO_LONG")
            .WithMessage($"A description has at most {PlaylistsLimits.DescriptionCharsMax} characters");
        RuleFor(w => w.Visibility)
            .Must(v => v is null or "public" or "unlisted" or "private")
            .WithErrorCode("NOT_ALLOWED")
            .WithMessage("visibility is public, unlisted or private");
    }
}

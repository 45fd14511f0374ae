using FastEndpoints;
using FluentValidation;

namespace Veza.Features.Albums;

/// <summary>What an album says of itself; what is null is not said.</summary>
internal interface IAlbumWords
{
    string? Title { get; }

    string? Artist { get; }

    string? Description { get; }

    string? Visibility { get; }
}

/// <summary>What may not be said of an album, by whoever makes or edits it.</summary>
internal abstract class AlbumRules<T> : Validator<T>
    where T : class, IAlbumWords
{
    protected AlbumRules(bool isTitleRequired)
    {
        RuleFor(w => w.Title)
            .Cascade(CascadeMode.Stop)
            .Must(t => t is null ? !isTitleRequired : t.Trim().Length > 0)
            .WithErrorCode("REQUIRED")
            .WithMessage("title is required")
            .MaximumLength(AlbumsLimits.NameCharsMax)
            .WithErrorCode("TOO_LONG")
            .WithMessage($"A title has at most {AlbumsLimits.NameCharsMax} characters");
        RuleFor(w => w.Artist)
            .MaximumLength(AlbumsLimits.NameCharsMax)
            .WithErrorCode("TOO_LONG")
            .WithMessage($"An artist has at most {AlbumsLimits.NameCharsMax} characters");
        RuleFor(w => w.Description)
            .MaximumLength(AlbumsLimits.DescriptionCharsMax)
            .WithErrorCode("TOO_LONG")
            .WithMessage($"A description has at most {AlbumsLimits.DescriptionCharsMax} characters");
        RuleFor(w => w.Visibility)
            .Must(v => v is null or "public" or "unlisted" or "private")
            .WithErrorCode("NOT_ALLOWED")
            .WithMessage("visibility is public, unlisted or private");
    }
}

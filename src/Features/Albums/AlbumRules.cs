using FastEndpoints;
using Veza.Infrastructure.Http;

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
        RuleFor(w => w.Title).IsName("title", AlbumsLimits.NameCharsMax, isTitleRequired);
        RuleFor(w => w.Artist).HasAtMost("An artist", AlbumsLimits.NameCharsMax);
        RuleFor(w => w.Description).HasAtMost("A description", AlbumsLimits.DescriptionCharsMax);
        RuleFor(w => w.Visibility).IsVisibility("public", "unlisted", "private");
    }
}

using FluentValidation;
using Veza.Infrastructure.Http;

namespace Veza.Features.Tracks.Reads;

/// <summary>
/// What an uploader says of a file, however it is sent: in a form's fields, or in the metadata of tus under the same
/// names.
/// </summary>
internal sealed record UploadDetails(
    string Title,
    string Artist,
    string Album,
    string Genre,
    string[] Tags,
    string Description,
    string Visibility
)
{
    private static readonly UploadRules Rules = new();

    internal static UploadDetails Of(Func<string, string?> text, string[] tags) =>
        new(
            text("title") ?? "",
            text("artist") ?? "",
            text("album") ?? "",
            text("genre") ?? "",
            tags,
            text("description") ?? "",
            text("visibility") ?? "public"
        );

    /// <summary>Of a text with commas, without blanks and doubles.</summary>
    internal static string[] TagsOf(IEnumerable<string> texts) =>
        [
            .. texts
                .SelectMany(v => v.Split(','))
                .Select(v => v.Trim())
                .Where(v => v.Length > 0)
                .Distinct(StringComparer.OrdinalIgnoreCase),
        ];

    internal Error? Refuse() => Rules.Refuse(this);
}

internal sealed class UploadRules : RulesFor<UploadDetails>
{
    public UploadRules()
    {
        RuleFor(r => r.Title)
            .MaximumLength(TracksLimits.NameCharsMax)
            .WithErrorCode("TOO_LONG")
            .WithMessage($"A title has at most {TracksLimits.NameCharsMax} characters");
        RuleFor(r => r.Artist)
            .MaximumLength(TracksLimits.NameCharsMax)
            .WithErrorCode("TOO_LONG")
            .WithMessage($"An artist has at most {TracksLimits.NameCharsMax} characters");
        RuleFor(r => r.Album)
            .MaximumLength(TracksLimits.NameCharsMax)
            .WithErrorCode("TOO_LONG")
            .WithMessage($"An album has at most {TracksLimits.NameCharsMax} characters");
        RuleFor(r => r.Genre)
            .MaximumLength(TracksLimits.TagCharsMax)
            .WithErrorCode("TOO_LONG")
            .WithMessage($"A genre has at most {TracksLimits.TagCharsMax} characters");
        RuleFor(r => r.Description)
            .MaximumLength(TracksLimits.DescriptionCharsMax)
            .WithErrorCode("TOO_LONG")
            .WithMessage($"A description has at most {TracksLimits.DescriptionCharsMax} characters");
        RuleFor(r => r.Tags)
            .Must(tags => tags.Length <= TracksLimits.TagsMax && tags.All(t => t.Length <= TracksLimits.TagCharsMax))
            .WithErrorCode("TOO_MANY")
            .WithMessage($"At most {TracksLimits.TagsMax} tags of {TracksLimits.TagCharsMax} characters");
        RuleFor(r => r.Visibility)
            .Must(v => v is "public" or "unlisted" or "followers" or "supporters" or "private")
            .WithErrorCode("NOT_ALLOWED")
            .WithMessage("visibility is public, unlisted, followers, supporters or private");
    }
}

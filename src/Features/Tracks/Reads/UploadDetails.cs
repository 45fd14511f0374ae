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
        RuleFor(r => r.Title).HasAtMost("A title", TracksLimits.NameCharsMax);
        RuleFor(r => r.Artist).HasAtMost("An artist", TracksLimits.NameCharsMax);
        RuleFor(r => r.Album).HasAtMost("An album", TracksLimits.NameCharsMax);
        RuleFor(r => r.Genre).HasAtMost("A genre", TracksLimits.TagCharsMax);
        RuleFor(r => r.Description).HasAtMost("A description", TracksLimits.DescriptionCharsMax);
        RuleFor(r => r.Tags)
            .Must(tags => tags.Length <= TracksLimits.TagsMax && tags.All(t => t.Length <= TracksLimits.TagCharsMax))
            .WithErrorCode("TOO_MANY")
            .WithMessage($"At most {TracksLimits.TagsMax} tags of {TracksLimits.TagCharsMax} characters");
        RuleFor(r => r.Visibility).IsVisibility(TracksReads.Visibilities);
    }
}

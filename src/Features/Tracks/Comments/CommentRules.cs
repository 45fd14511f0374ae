using FluentValidation;
using Veza.Infrastructure.Http;

namespace Veza.Features.Tracks.Comments;

/// <summary>What a comment may be.</summary>
internal sealed record CommentDraft(string? ClientId, string? Content, long? PositionMs);

internal sealed class CommentRules : RulesFor<CommentDraft>
{
    internal const int ContentCharsMax = 2000,
        ClientIdCharsMax = 64;

    internal static readonly CommentRules Validator = new();

    /// <summary>
    /// U+0000 is turned away before PostgreSQL does it: an error while a statement is prepared spoils it, see
    /// docs/GOTCHAS.md.
    /// </summary>
    internal Error? RefuseAll(CommentDraft draft) =>
        Refuse(draft)
        ?? (draft.Content!.Contains('\0') || draft.ClientId?.Contains('\0') == true ? Errors.CharacterRefused : null);

    public CommentRules()
    {
        RuleFor(d => d.Content)
            .Cascade(CascadeMode.Stop)
            .Must(c => !string.IsNullOrWhiteSpace(c))
            .WithErrorCode("REQUIRED")
            .WithMessage("content is required")
            .HasAtMost("content", ContentCharsMax);
        RuleFor(d => d.ClientId)
            .Must(c => c is not { Length: 0 or > ClientIdCharsMax })
            .WithErrorCode("TOO_LONG")
            .WithMessage($"client_id has 1 to {ClientIdCharsMax} characters");
        RuleFor(d => d.PositionMs)
            .Must(p => p is not < 0)
            .WithErrorCode("OUT_OF_RANGE")
            .WithMessage("position_ms is not negative");
    }
}

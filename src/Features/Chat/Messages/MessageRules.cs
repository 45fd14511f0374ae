using Veza.Infrastructure.Http;

namespace Veza.Features.Chat.Messages;

/// <summary>What a member wants to say.</summary>
internal sealed record Draft(
    string? ClientId,
    string? Content,
    Guid? ReplyTo,
    TrackPosition? TrackPosition,
    Guid[]? Attachments = null
);

/// <summary>What may be posted.</summary>
internal static class MessageRules
{
    internal static Error? Refuse(Draft draft)
    {
        var faults = new List<FieldError>();
        if (draft.ClientId is not { Length: > 0 })
            faults.Add(
                new FieldError("client_id", "REQUIRED", "client_id is required: it makes posting twice harmless")
            );
        else if (draft.ClientId.Length > ChatLimits.ClientIdCharsMax)
            faults.Add(
                new FieldError(
                    "client_id",
                    "TOO_LONG",
                    $"client_id has at most {ChatLimits.ClientIdCharsMax} characters"
                )
            );
        var files = draft.Attachments ?? [];
        if (FaultOf(draft.Content, isNeeded: files.Length == 0) is { } fault)
            faults.Add(fault);
        if (files.Length > ChatLimits.AttachmentsMax)
            faults.Add(
                new FieldError(
                    "attachments",
                    "TOO_MANY",
                    $"a message has at most {ChatLimits.AttachmentsMax} attachments"
                )
            );
        else if (files.Distinct().Count() < files.Length)
            faults.Add(new FieldError("attachments", "NOT_ALLOWED", "an attachment stands there twice"));
        if (draft.TrackPosition is { PositionMs: < 0 })
            faults.Add(new FieldError("track_position.position_ms", "OUT_OF_RANGE", "position_ms is not negative"));
        if (faults.Count > 0)
            return Errors.Validation.With([.. faults]);
        return
            (draft.Content ?? "").Contains('\0', StringComparison.Ordinal)
            || draft.ClientId!.Contains('\0', StringComparison.Ordinal)
            ? Errors.CharacterRefused
            : null;
    }

    /// <summary>What a text may be edited to.</summary>
    internal static Error? RefuseContent(string? content) =>
        FaultOf(content, isNeeded: true) is { } fault ? Errors.Validation.With(fault)
        : content!.Contains('\0', StringComparison.Ordinal) ? Errors.CharacterRefused
        : null;

    private static FieldError? FaultOf(string? content, bool isNeeded) =>
        isNeeded && string.IsNullOrWhiteSpace(content) ? new FieldError("content", "REQUIRED", "content is required")
        : content?.Length > ChatLimits.ContentCharsMax
            ? new FieldError("content", "TOO_LONG", $"content has at most {ChatLimits.ContentCharsMax} characters")
        : null;
}

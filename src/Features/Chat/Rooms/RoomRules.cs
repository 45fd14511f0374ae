using FluentValidation;
using Veza.Infrastructure.Http;

namespace Veza.Features.Chat.Rooms;

/// <summary>What a room says of itself; what is null is not said.</summary>
internal sealed record RoomWords(string? Name, string? Topic, string? Visibility, int? SlowModeS);

internal sealed class RoomRules : RulesFor<RoomWords>
{
    internal static readonly RoomRules Validator = new();

    public RoomRules()
    {
        RuleFor(w => w.Name)
            .Cascade(CascadeMode.Stop)
            .Must(n => n is null || n.Trim().Length > 0)
            .WithErrorCode("REQUIRED")
            .WithMessage("name is required")
            .MaximumLength(ChatLimits.RoomNameCharsMax)
            .WithErrorCode("TOO_LONG")
            .WithMessage($"A name has at most {ChatLimits.RoomNameCharsMax} characters");
        RuleFor(w => w.Topic)
            .MaximumLength(ChatLimits.TopicCharsMax)
            .WithErrorCode("TOO_LONG")
            .WithMessage($"A topic has at most {ChatLimits.TopicCharsMax} characters");
        RuleFor(w => w.Visibility)
            .Must(v => v is null or "public" or "private")
            .WithErrorCode("NOT_ALLOWED")
            .WithMessage("visibility is public or private");
        RuleFor(w => w.SlowModeS)
            .InclusiveBetween(0, ChatLimits.SlowModeMaxS)
            .WithErrorCode("OUT_OF_RANGE")
            .WithMessage($"slow_mode_s is from 0, which is off, to {ChatLimits.SlowModeMaxS}");
    }
}

/// <summary>Until when a ban or a mute holds; null is until it is lifted.</summary>
internal static class UntilRule
{
    internal static Error? Refuse(DateTime? until, TimeProvider clock) =>
        until <= clock.GetUtcNow().UtcDateTime
            ? Errors.Validation.With(new FieldError("until", "OUT_OF_RANGE", "until lies in the past"))
            : null;
}

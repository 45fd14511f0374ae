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
        RuleFor(w => w.Name).IsName("name", ChatLimits.RoomNameCharsMax);
        RuleFor(w => w.Topic).HasAtMost("A topic", ChatLimits.TopicCharsMax);
        RuleFor(w => w.Visibility).IsVisibility("public", "private");
        RuleFor(w => w.SlowModeS)
            .InclusiveBetween(0, ChatLimits.SlowModeMaxS)
            .WithErrorCode("OUT_OF_RANGE")
            .WithMessage($"slow_mode_s is from 0, which is off, to {ChatLimits.SlowModeMaxS}");
    }
}

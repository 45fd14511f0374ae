using Veza.Infrastructure.Limits;

namespace Veza.Features.Chat;

/// <summary>How often somebody may begin something that others see; with the limits of production.</summary>
internal static class ChatPolicies
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <summary>Rooms opened by one person.</summary>
    internal static readonly LimitPolicy Room = new("room", 60, 0, 0, Hour);

    /// <summary>Conversations that one person began with others, not what is said in them.</summary>
    internal static readonly LimitPolicy Direct = new("direct", 60, 0, 0, Hour);

    internal static readonly LimitPolicy[] All = [Room, Direct];
}

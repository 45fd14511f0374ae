using System.Text.Json.Serialization;
using Veza.Infrastructure.Events;

namespace Veza.Features.Users;

/// <summary>
/// What happened between people that concerns other rooms; a trigger writes it (account_blocked_event), in the
/// statement of its cause.
/// </summary>
internal static class UsersEvents
{
    /// <summary>
    /// Somebody blocks another, and neither sees anything of the other any more. The subject is who blocks.
    /// </summary>
    internal sealed record PeopleParted(Guid AccountId, Guid OtherId);

    internal static readonly EventKind<PeopleParted> Parted = new("users_parted", UsersEventsJson.Default.PeopleParted);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(UsersEvents.PeopleParted))]
internal sealed partial class UsersEventsJson : JsonSerializerContext;

using System.Text.Json;
using System.Text.Json.Serialization;
using Veza.Infrastructure.Jobs;

namespace Veza.Features.Users;

/// <summary>
/// What happened between people that concerns other rooms; a trigger writes it (account_blocked_event), in the
/// statement of its cause.
/// </summary>
internal static class UsersEvents
{
    /// <summary>Somebody blocks another, and neither sees anything of the other any more.</summary>
    internal sealed record PeopleParted(Guid AccountId, Guid OtherId)
    {
        internal static PeopleParted Read(string payload) =>
            JsonSerializer.Deserialize(payload, UsersEventsJson.Default.PeopleParted)!;
    }

    internal const int AttemptsMax = 10;

    internal static readonly JobKind Parted = new(
        "users_parted",
        AttemptsMax,
        _ => throw new InvalidOperationException("The room of the consequence runs this job.")
    )
    {
        IsBrief = true,
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(UsersEvents.PeopleParted))]
internal sealed partial class UsersEventsJson : JsonSerializerContext;

using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;

namespace Veza.Features.Users;

/// <summary>Somebody in a list of people, and since when they are in it.</summary>
internal sealed record ListedPerson(Guid Id, string Username, string DisplayName, string? AvatarUrl, DateTime Since)
{
    internal static readonly ListedPerson[] Example =
    [
        new(ShowUser.Example.Id, "mira", "Mira", null, ShowUser.Example.CreatedAt),
    ];

    internal (DateTime At, Guid Id) Place => (Since, Id);
}

[JsonSerializable(typeof(Envelope<ListedPerson[]>))]
internal sealed partial class ListedPersonJson : JsonSerializerContext;

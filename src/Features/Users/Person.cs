using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;

namespace Veza.Features.Users;

/// <summary>Somebody in a list of people, and since when they are in it.</summary>
internal sealed record Person(Guid Id, string Username, string DisplayName, string? AvatarUrl, DateTime Since)
{
    internal static readonly Person[] Example = [new(ShowUser.Example.Id, "mira", "Mira", null, ShowUser.Example.CreatedAt)];

    internal (DateTime At, Guid Id) Place => (Since, Id);
}

[JsonSerializable(typeof(Envelope<Person[]>))]
internal sealed partial class PersonJson : JsonSerializerContext;

using System.Text.Json.Serialization;
using Veza.Infrastructure.Events;

namespace Veza.Features.Albums;

/// <summary>What happened here that concerns other rooms.</summary>
internal static class AlbumsEvents
{
    /// <summary>An album has another title, or other tracks. The subject is the album.</summary>
    internal sealed record AlbumChanged(Guid AlbumId);

    internal static readonly EventKind<AlbumChanged> Changed = new(
        "album_changed",
        AlbumsEventsJson.Default.AlbumChanged
    );
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(AlbumsEvents.AlbumChanged))]
internal sealed partial class AlbumsEventsJson : JsonSerializerContext;

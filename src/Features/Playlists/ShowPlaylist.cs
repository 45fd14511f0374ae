using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Playlists;

/// <summary>A playlist without its items, which are a list of their own.</summary>
internal static class ShowPlaylist
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/playlists/{id}", Handle)
            .WithName("ShowPlaylist")
            .Anonymous(seesMoreWith: Permissions.TracksRead)
            .Documented("Playlists", "Show a playlist", Playlist.Example, errors: PlaylistsErrors.PlaylistNotFound);

    private static async Task<Answer<Playlist>> Handle(
        Guid id,
        Caller? caller,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await PlaylistAccess.Find(db, id, caller) is { } playlist ? playlist : PlaylistsErrors.PlaylistNotFound;
    }
}

using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Albums;

/// <summary>An album and its tracks in order. Tracks that the caller may not see are not on it for them.</summary>
internal static class ShowAlbum
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/albums/{id}", Handle)
            .WithName("ShowAlbum")
            .Anonymous(seesMoreWith: Permissions.TracksRead)
            .Documented("Albums", "An album", Album.Example, errors: Errors.AlbumNotFound);

    private static async Task<Answer<Album>> Handle(
        Guid id,
        Caller? caller,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await Album.Find(db, id, caller) is { } album ? album : Errors.AlbumNotFound;
    }
}

using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Albums;

/// <summary>An album and its tracks in order. Tracks that the caller may not see are not on it for them.</summary>
internal sealed class ShowAlbum(PostgresSource postgres) : Slice<ShowAlbum.Request, Album>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Get("/albums/{id}");
        Group<AlbumsGroup>();
        Description(route =>
            route
                .Anonymous(seesMoreWith: TracksRead)
                .Described("Show an album", Album.Example, errors: AlbumsErrors.AlbumNotFound)
        );
    }

    public override async Task<Answer<Album>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await Album.Find(db, id, CallerIfAny) is { } album ? album : AlbumsErrors.AlbumNotFound;
    }
}

using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Playlists;

/// <summary>A playlist without its items, which are a list of their own.</summary>
internal sealed class ShowPlaylist(PostgresSource postgres) : Slice<ShowPlaylist.Request, Playlist>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Get("/playlists/{id}");
        Group<PlaylistsGroup>();
        Description(route =>
            route
                .Anonymous(seesMoreWith: TracksRead)
                .Described("Show a playlist", Playlist.Example, errors: PlaylistsErrors.PlaylistNotFound)
        );
    }

    public override async Task<Answer<Playlist>> ExecuteAsync(Request request, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await PlaylistAccess.Find(db, request.Id, CallerIfAny) is { } playlist
            ? playlist
            : PlaylistsErrors.PlaylistNotFound;
    }
}

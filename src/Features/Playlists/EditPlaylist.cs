using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Playlists;

/// <summary>
/// Changes what the caller's own playlist says of itself and who may see it; what is left out stays. Collaborators
/// change its items, not this.
/// </summary>
internal static class EditPlaylist
{
    internal sealed record Request(string? Name, string? Description, string? Visibility);

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPut("/api/v1/playlists/{id}", Handle)
            .WithName("EditPlaylist")
            .Requires(Permissions.TracksWrite)
            .Documented(
                "Playlists",
                "Edit a playlist",
                Playlist.Example,
                new Request("Last bus home", "For after midnight", "public"),
                errors: [Errors.Validation, PlaylistsErrors.PlaylistNotFound, PlaylistsErrors.PlaylistForbidden]
            );

    private static async Task<Answer<Playlist>> Handle(
        Guid id,
        Request request,
        Caller caller,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
        if (
            PlaylistRules.Validator.Refuse(new PlaylistWords(request.Name, request.Description, request.Visibility)) is
            { } refused
        )
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var edited = await db.ExecuteAsync(
            """
            update playlist set name = coalesce(@name, name), description = coalesce(@description, description),
              visibility = coalesce(@Visibility, visibility), updated_at = now()
             where id = @id and owner_id = @UserId
            """,
            new
            {
                id,
                caller.UserId,
                name = request.Name?.Trim(),
                description = request.Description?.Trim(),
                request.Visibility,
            }
        );
        if (edited == 0)
            return await PlaylistAccess.NotTheirs(db, id, caller);
        return await PlaylistAccess.Find(db, id, caller) is { } playlist
            ? Answer<Playlist>.Of(playlist, "The playlist is changed")
            : PlaylistsErrors.PlaylistNotFound;
    }
}

[JsonSerializable(typeof(EditPlaylist.Request))]
internal sealed partial class EditPlaylistJson : JsonSerializerContext;

using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Playlists;

/// <summary>
/// Changes what the caller's own playlist says of itself and who may see it; what is left out stays. Collaborators
/// change its items, not this.
/// </summary>
internal sealed class EditPlaylist(PostgresSource postgres) : Slice<EditPlaylist.Request, Playlist>
{
    internal sealed record Request(
        [property: JsonIgnore] Guid Id,
        string? Name,
        string? Description,
        string? Visibility
    );

    public override void Configure()
    {
        Put("/playlists/{id}");
        Group<PlaylistsGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .Described(
                    "Edit a playlist",
                    Playlist.Example,
                    new Request(default, "Last bus home", "For after midnight", "public"),
                    errors: [Errors.Validation, PlaylistsErrors.PlaylistNotFound, PlaylistsErrors.PlaylistForbidden]
                )
        );
    }

    public override async Task<Answer<Playlist>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
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
                Caller.UserId,
                name = request.Name?.Trim(),
                description = request.Description?.Trim(),
                request.Visibility,
            }
        );
        if (edited == 0)
            return await PlaylistAccess.NotTheirs(db, id, Caller);
        return await PlaylistAccess.Find(db, id, Caller) is { } playlist
            ? Answer<Playlist>.Of(playlist, "The playlist is changed")
            : PlaylistsErrors.PlaylistNotFound;
    }
}

[JsonSerializable(typeof(EditPlaylist.Request))]
internal sealed partial class EditPlaylistJson : JsonSerializerContext;

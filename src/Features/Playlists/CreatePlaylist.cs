using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Playlists;

/// <summary>Makes an empty playlist of the caller's; private unless it says otherwise.</summary>
internal sealed class CreatePlaylist(PostgresSource postgres) : Slice<CreatePlaylist.Request, Playlist>
{
    internal sealed record Request(string? Name, string? Description, string? Visibility);

    public override void Configure()
    {
        Post("/playlists");
        Group<PlaylistsGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .Described(
                    "Create a playlist",
                    Playlist.Example with
                    {
                        ItemCount = 0,
                        DurationMs = 0,
                        FollowerCount = 0,
                    },
                    new Request("Last bus home", "For after midnight", "public"),
                    StatusCodes.Status201Created,
                    Errors.Validation,
                    PlaylistsErrors.TooManyPlaylists
                )
        );
    }

    public override async Task<Answer<Playlist>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (
            PlaylistRules.Validator.Refuse(
                new PlaylistWords(request.Name ?? "", request.Description, request.Visibility)
            ) is
            { } refused
        )
            return refused;
        var id = Guid.CreateVersion7();
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        await Turn.Take(db, transaction, "playlist", Caller.UserId);
        var made = await db.ExecuteAsync(
            """
            insert into playlist (id, owner_id, name, description, visibility)
              select @id, @UserId, @name, @description, @visibility
             where (select count(*) from (select 1 from playlist where owner_id = @UserId
               limit @PlaylistsMax) had) < @PlaylistsMax
            """,
            new
            {
                id,
                Caller.UserId,
                name = request.Name!.Trim(),
                description = request.Description?.Trim() ?? "",
                visibility = request.Visibility ?? "private",
                PlaylistsLimits.PlaylistsMax,
            },
            transaction
        );
        await transaction.CommitAsync(CancellationToken.None);
        if (made == 0 || await PlaylistAccess.Find(db, id, Caller) is not { } playlist)
            return PlaylistsErrors.TooManyPlaylists;
        return Answer<Playlist>.Created(playlist, "The playlist is made", $"/api/v1/playlists/{id}");
    }
}

[JsonSerializable(typeof(CreatePlaylist.Request))]
internal sealed partial class CreatePlaylistJson : JsonSerializerContext;

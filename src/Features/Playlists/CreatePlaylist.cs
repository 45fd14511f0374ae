using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Playlists;

/// <summary>Makes an empty playlist of the caller's; private unless it says otherwise.</summary>
internal static class CreatePlaylist
{
    internal sealed record Request(string? Name, string? Description, string? Visibility);

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/api/v1/playlists", Handle)
            .WithName("CreatePlaylist")
            .Requires(Permissions.TracksWrite)
            .Documented(
                "Playlists",
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
            );

    private static async Task<Answer<Playlist>> Handle(
        Request request,
        Caller caller,
        PostgresSource postgres,
        CancellationToken ct
    )
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
        await Turn.Take(db, transaction, "playlist", caller.UserId);
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
                caller.UserId,
                name = request.Name!.Trim(),
                description = request.Description?.Trim() ?? "",
                visibility = request.Visibility ?? "private",
                PlaylistsLimits.PlaylistsMax,
            },
            transaction
        );
        await transaction.CommitAsync(CancellationToken.None);
        if (made == 0 || await PlaylistAccess.Find(db, id, caller) is not { } playlist)
            return PlaylistsErrors.TooManyPlaylists;
        return Answer<Playlist>.Created(playlist, "The playlist is made", $"/api/v1/playlists/{id}");
    }
}

[JsonSerializable(typeof(CreatePlaylist.Request))]
internal sealed partial class CreatePlaylistJson : JsonSerializerContext;

using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Albums;

/// <summary>Deletes one's own album. Its tracks stay, and keep its title as the text that they carry.</summary>
internal static class DeleteAlbum
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/albums/{id}", Handle)
            .WithName("DeleteAlbum")
            .Requires(Permissions.TracksWrite)
            .Documented("Albums", "Delete one's own album", Nothing.Value, errors: Errors.AlbumNotFound);

    private static async Task<Answer<Nothing>> Handle(
        Guid id,
        Caller caller,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var gone = await db.ExecuteAsync(
            "delete from album where id = @id and account_id = @UserId",
            new { id, caller.UserId }
        );
        return gone == 0 ? Errors.AlbumNotFound : Answer<Nothing>.Of(Nothing.Value, "The album is deleted");
    }
}

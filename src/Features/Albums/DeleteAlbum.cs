using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Albums;

/// <summary>Deletes the caller's own album. Its tracks stay, and keep its title as the text that they carry.</summary>
internal sealed class DeleteAlbum(PostgresSource postgres) : Slice<DeleteAlbum.Request, Nothing>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Delete("/albums/{id}");
        Group<AlbumsGroup>();
        Description(route =>
            route.Requires(TracksWrite).Described("Delete an album", Nothing.Value, errors: AlbumsErrors.AlbumNotFound)
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var gone = await db.ExecuteAsync(
            "delete from album where id = @id and account_id = @UserId",
            new { id, Caller.UserId }
        );
        return gone == 0 ? AlbumsErrors.AlbumNotFound : Answer<Nothing>.Of(Nothing.Value, "The album is deleted");
    }
}

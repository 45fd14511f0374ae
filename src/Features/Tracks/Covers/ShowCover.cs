using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Media;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Tracks.Covers;

/// <summary>A track's cover as JPEG, in the size that suits; for whoever sees the track.</summary>
[HotRead]
internal static class ShowCover
{
    internal sealed record Row(Guid? CoverId, int[]? CoverBytes, bool IsPublic);

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapMethods("/api/v1/tracks/{id}/cover", ["GET", "HEAD"], Handle)
            .WithName("ShowCover")
            .Anonymous(seesMoreWith: Permissions.TracksRead)
            .Produces(StatusCodes.Status200OK, contentType: StoredPicture.ContentType)
            .Documented(
                "Tracks",
                "Show a track's cover",
                errors: [TracksReads.TrackNotFound, TracksErrors.CoverNotFound, Errors.Validation]
            );

    private static async Task Handle(
        Guid id,
        int? size,
        Caller? caller,
        HttpContext http,
        PostgresSource postgres,
        IObjectStore store,
        CancellationToken ct
    )
    {
        Row? row;
        await using (var db = await postgres.OpenConnectionAsync(ct))
        {
            row = await db.QuerySingleOrDefaultAsync<Row>(
                """
                select cover_id, cover_bytes, is_open and visibility = 'public' as is_public
                  from track where id = @id and (account_id = @callerId or is_open)
                """,
                new { id, callerId = caller?.UserId }
            );
        }

        var refused = row switch
        {
            null => TracksReads.TrackNotFound,
            { CoverId: null } => TracksErrors.CoverNotFound,
            _ => StoredPicture.Refuse(size),
        };
        if (refused is not null)
            await ErrorWriter.Write(http, refused);
        else
        {
            var coverId = row!.CoverId!.Value;
            await new StoredPicture(NewCover.PrefixOf(id, coverId), coverId, NewCover.Sizes, row.CoverBytes!).Send(
                http,
                store,
                size,
                row.IsPublic,
                TracksErrors.CoverNotFound,
                ct
            );
        }
    }
}

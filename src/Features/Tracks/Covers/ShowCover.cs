using Dapper;
using FastEndpoints;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Media;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Tracks.Covers;

/// <summary>A track's cover as JPEG, in the size that suits; for whoever sees the track.</summary>
[HotRead]
internal sealed class ShowCover(PostgresSource postgres, IObjectStore store) : ResultSlice<ShowCover.Request>
{
    internal sealed record Request(Guid Id, int? Size);

    internal sealed record Row(Guid? CoverId, int[]? CoverBytes, bool IsPublic);

    public override void Configure()
    {
        Verbs(Http.GET, Http.HEAD);
        Routes("/tracks/{id}/cover");
        Group<TracksGroup>();
        Description(route =>
            route
                .Anonymous(seesMoreWith: TracksRead)
                .Produces(StatusCodes.Status200OK, contentType: StoredPicture.ContentType)
                .Described(
                    "Show a track's cover",
                    errors: [TracksReads.TrackNotFound, TracksErrors.CoverNotFound, Errors.Validation]
                )
        );
    }

    public override async Task<IResult> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        Row? row;
        await using (var db = await postgres.OpenConnectionAsync(ct))
        {
            row = await db.QuerySingleOrDefaultAsync<Row>(
                """
                select cover_id, cover_bytes, is_open and visibility = 'public' as is_public
                  from track where id = @id and (account_id = @callerId or is_open)
                """,
                new { id, callerId = CallerIfAny?.UserId }
            );
        }

        var refused = row switch
        {
            null => TracksReads.TrackNotFound,
            { CoverId: null } => TracksErrors.CoverNotFound,
            _ => StoredPicture.Refuse(request.Size),
        };
        if (refused is not null)
            await ErrorWriter.Write(HttpContext, refused);
        else
        {
            var coverId = row!.CoverId!.Value;
            await new StoredPicture(NewCover.PrefixOf(id, coverId), coverId, NewCover.Sizes, row.CoverBytes!).Send(
                HttpContext,
                store,
                request.Size,
                row.IsPublic,
                TracksErrors.CoverNotFound,
                ct
            );
        }
        return Results.Empty;
    }
}

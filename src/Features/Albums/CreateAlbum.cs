using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Albums;

/// <summary>Makes an empty album of the caller's; private unless it says otherwise.</summary>
internal sealed class CreateAlbum(PostgresSource postgres) : Slice<CreateAlbum.Request, Album>
{
    internal sealed record Request(
        string? Title,
        string? Artist,
        string? Description,
        DateOnly? ReleaseDate,
        string? Visibility
    ) : IAlbumWords;

    internal sealed class Rules() : AlbumRules<Request>(isTitleRequired: true);

    public override void Configure()
    {
        Post("/albums");
        Group<AlbumsGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .Described(
                    "Create an album",
                    Album.Example with
                    {
                        TrackCount = 0,
                        DurationMs = 0,
                        LoudnessLufs = null,
                        TruePeakDbtp = null,
                        Tracks = [],
                    },
                    new Request("Lines", "Mira", "", new DateOnly(2026, 4, 1), "public"),
                    StatusCodes.Status201Created,
                    Errors.Validation,
                    AlbumsErrors.TooManyAlbums
                )
        );
    }

    public override async Task<Answer<Album>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = Guid.CreateVersion7();
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        await Turn.Take(db, transaction, "album", Caller.UserId);
        var made = await db.ExecuteAsync(
            """
            insert into album (id, account_id, title, artist, description, release_date, visibility)
              select @id, @UserId, @title, @artist, @description, @ReleaseDate::date, @visibility
             where (select count(*) from (select 1 from album where account_id = @UserId
               limit @AlbumsMax) had) < @AlbumsMax
            """,
            new
            {
                id,
                Caller.UserId,
                title = request.Title!.Trim(),
                artist = request.Artist?.Trim() ?? "",
                description = request.Description?.Trim() ?? "",
                request.ReleaseDate,
                visibility = request.Visibility ?? "private",
                AlbumsLimits.AlbumsMax,
            },
            transaction
        );
        await transaction.CommitAsync(CancellationToken.None);
        if (made == 0 || await Album.Find(db, id, Caller) is not { } album)
            return AlbumsErrors.TooManyAlbums;
        return Answer<Album>.Created(album, "The album is made", $"/api/v1/albums/{id}");
    }
}

[JsonSerializable(typeof(CreateAlbum.Request))]
internal sealed partial class CreateAlbumJson : JsonSerializerContext;

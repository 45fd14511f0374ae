using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Albums;

/// <summary>
/// Changes what the caller's own album says of itself and who may see it; what is left out stays. Its tracks take a new
/// title over.
/// </summary>
internal sealed class EditAlbum(PostgresSource postgres) : Slice<EditAlbum.Request, Album>
{
    internal sealed record Request(
        [property: JsonIgnore] Guid Id,
        string? Title,
        string? Artist,
        string? Description,
        string? Visibility
    ) : IAlbumWords
    {
        /// <summary>Left out it stays; null takes it away.</summary>
        public DateOnly? ReleaseDate
        {
            get;
            set
            {
                field = value;
                IsUndated = value is null;
            }
        }

        [JsonIgnore]
        public bool IsUndated { get; private set; }
    }

    internal sealed class Rules() : AlbumRules<Request>(isTitleRequired: false);

    public override void Configure()
    {
        Put("/albums/{id}");
        Group<AlbumsGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .Described(
                    "Edit an album",
                    Album.Example,
                    new Request(default, "Lines", "Mira", "", "public") { ReleaseDate = new DateOnly(2026, 4, 1) },
                    errors: [Errors.Validation, AlbumsErrors.AlbumNotFound]
                )
        );
    }

    public override async Task<Answer<Album>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var edited = await db.ExecuteAsync(
            """
            update album set title = coalesce(@title, title), artist = coalesce(@artist, artist),
              description = coalesce(@description, description),
                   release_date = case when not @IsUndated
                     then coalesce(@ReleaseDate::date, release_date) end,
                     visibility = coalesce(@Visibility, visibility), updated_at = now()
             where id = @id and account_id = @UserId
            """,
            new
            {
                id,
                Caller.UserId,
                title = request.Title?.Trim(),
                artist = request.Artist?.Trim(),
                description = request.Description?.Trim(),
                request.ReleaseDate,
                request.IsUndated,
                request.Visibility,
            },
            transaction
        );
        if (edited == 0)
            return AlbumsErrors.AlbumNotFound;
        if (request.Title is not null)
            await Album.Changed(db, transaction, id);
        await transaction.CommitAsync(CancellationToken.None);
        return await Album.Find(db, id, Caller) is { } album
            ? Answer<Album>.Of(album, "The album is changed")
            : AlbumsErrors.AlbumNotFound;
    }
}

[JsonSerializable(typeof(EditAlbum.Request))]
internal sealed partial class EditAlbumJson : JsonSerializerContext;

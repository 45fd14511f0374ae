using System.Text.Json.Serialization;
using Dapper;
using FastEndpoints;
using FluentValidation;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;
using TracksReads = Veza.Features.Tracks.TracksReads;

namespace Veza.Features.Albums;

/// <summary>
/// Says which of the caller's own tracks are on their own album, in their order: the whole list at once. Those that are
/// not in it come off; saying the same twice changes nothing.
/// </summary>
internal sealed class ArrangeAlbum(PostgresSource postgres) : Slice<ArrangeAlbum.Request, Album>
{
    internal sealed record Request([property: JsonIgnore] Guid Id, Guid[]? TrackIds);

    internal sealed class Rules : Validator<Request>
    {
        public Rules() =>
            RuleFor(r => r.TrackIds)
                .Cascade(CascadeMode.Stop)
                .NotNull()
                .WithErrorCode("REQUIRED")
                .WithMessage("track_ids is required")
                .Must(ids => ids!.Length <= AlbumsLimits.TracksMax)
                .WithErrorCode("TOO_MANY")
                .WithMessage($"An album has at most {AlbumsLimits.TracksMax} tracks")
                .Must(ids => ids!.Distinct().Count() == ids!.Length)
                .WithErrorCode("NOT_ALLOWED")
                .WithMessage("A track stands on an album once");
    }

    internal sealed record Outcome(long Own, long Elsewhere);

    public override void Configure()
    {
        Put("/albums/{id}/tracks");
        Group<AlbumsGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .Described(
                    "Set the order of an album's tracks",
                    Album.Example,
                    new Request(default, [Album.ExampleTrack.Id]),
                    errors:
                    [
                        Errors.Validation,
                        AlbumsErrors.AlbumNotFound,
                        TracksReads.TrackNotFound,
                        AlbumsErrors.TrackOnAlbum,
                    ]
                )
        );
    }

    public override async Task<Answer<Album>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var (id, trackIds) = (request.Id, request.TrackIds!);
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var asked = new
        {
            id,
            Caller.UserId,
            ids = new PgValue<Guid[]>(trackIds),
        };
        var isOwn = await db.ExecuteScalarAsync<bool>(
            "select exists (select 1 from album where id = @id and account_id = @UserId for no key update)",
            asked,
            transaction
        );
        if (!isOwn)
            return AlbumsErrors.AlbumNotFound;
        var outcome = await db.QuerySingleAsync<Outcome>(
            """
            select (select count(*) from track where id = any(@ids) and account_id = @UserId) as own,
                   (select count(*) from album_track where track_id = any(@ids) and album_id <> @id) as elsewhere
            """,
            asked,
            transaction
        );
        if (outcome.Own != trackIds.Length)
            return TracksReads.TrackNotFound.With(
                new FieldError("track_ids", TracksReads.TrackNotFound.Code, "Not all of these are tracks of yours")
            );
        if (outcome.Elsewhere > 0)
            return AlbumsErrors.TrackOnAlbum;

        await db.ExecuteAsync(
            "delete from album_track where album_id = @id and not track_id = any(@ids)",
            asked,
            transaction
        );
        // A track that was put on another album in this moment stays there, and then not all are on this one.
        var placed = await db.ExecuteAsync(
            """
            insert into album_track (track_id, album_id, place) select t.id, @id, w.place from unnest(@ids)
              with ordinality w (id, place) join track t on t.id = w.id
            on conflict (track_id) do update set place = excluded.place where album_track.album_id = @id
            """,
            asked,
            transaction
        );
        if (placed != trackIds.Length)
            return AlbumsErrors.TrackOnAlbum;
        await db.ExecuteAsync("update album set updated_at = now() where id = @id", asked, transaction);
        await Album.Changed(db, transaction, id);
        await transaction.CommitAsync(CancellationToken.None);
        return await Album.Find(db, id, Caller) is { } album
            ? Answer<Album>.Of(album, "The album is arranged")
            : AlbumsErrors.AlbumNotFound;
    }
}

[JsonSerializable(typeof(ArrangeAlbum.Request))]
internal sealed partial class ArrangeAlbumJson : JsonSerializerContext;

using System.Text.Json.Serialization;
using Dapper;
using FastEndpoints;
using FluentValidation;
using Veza.Features.Tracks.Likes;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Tracks;

/// <summary>
/// Changes what the caller's own track says of itself, and who may hear it; fields that are left out stay. With
/// If-Match, only if nobody edited it since. Fewer listeners than before: the stream URLs given so far end.
/// </summary>
internal sealed class EditTrack(PostgresSource postgres) : Slice<EditTrack.Request, Track>
{
    internal sealed record Request(
        [property: JsonIgnore] Guid Id,
        string? Title,
        string? Artist,
        string? Album,
        string? Genre,
        string[]? Tags,
        string? Description,
        string? Visibility
    );

    internal sealed class Rules : Validator<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Title)
                .Cascade(CascadeMode.Stop)
                .Must(t => t is null || t.Trim().Length > 0)
                .WithErrorCode("REQUIRED")
                .WithMessage("A title is not empty; leave it out to keep it")
                .HasAtMost("A title", TracksLimits.NameCharsMax);
            RuleFor(r => r.Artist).HasAtMost("An artist", TracksLimits.NameCharsMax);
            RuleFor(r => r.Album).HasAtMost("An album", TracksLimits.NameCharsMax);
            RuleFor(r => r.Genre).HasAtMost("A genre", TracksLimits.TagCharsMax);
            RuleFor(r => r.Description).HasAtMost("A description", TracksLimits.DescriptionCharsMax);
            RuleFor(r => r.Tags)
                .Must(tags =>
                    tags is null
                    || tags.Length <= TracksLimits.TagsMax
                        && tags.All(t => t is { Length: <= TracksLimits.TagCharsMax })
                )
                .WithErrorCode("TOO_MANY")
                .WithMessage($"At most {TracksLimits.TagsMax} tags of {TracksLimits.TagCharsMax} characters");
            RuleFor(r => r.Visibility).IsVisibility(TracksReads.Visibilities);
        }
    }

    public override void Configure()
    {
        Put("/tracks/{id}");
        Group<TracksGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .Described(
                    "Edit a track",
                    Track.Example,
                    new Request(
                        default,
                        "Night Bus (Live)",
                        "Mira",
                        "Lines",
                        "ambient",
                        ["night", "live"],
                        "Recorded on line 19.",
                        "unlisted"
                    ),
                    errors: [Errors.Validation, TracksReads.TrackNotFound, Errors.PreconditionFailed]
                )
        );
    }

    public override async Task<Answer<Track>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        // Turned away before PostgreSQL does it: an error while a statement is prepared spoils it, see docs/GOTCHAS.md.
        string?[] texts =
        [
            request.Title,
            request.Artist,
            request.Album,
            request.Genre,
            request.Description,
            .. request.Tags ?? [],
        ];
        if (texts.Any(text => text?.Contains('\0') == true))
            return Errors.CharacterRefused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        // No other edit comes between the look and the write; likes and comments may.
        var before = await db.QuerySingleOrDefaultAsync<TrackRow>(
            $"""
            select {TrackRow.Columns} from track t join account a on a.id = t.account_id
             where t.id = @id and t.account_id = @UserId for no key update of t
            """,
            new { id, Caller.UserId },
            transaction
        );
        if (before is null)
            return TracksReads.TrackNotFound;
        if (TrackTag.IsStale(HttpContext.Request, before.ToTrack()))
            return Errors.PreconditionFailed;

        if (
            request.Album is not null
            && request.Album.Trim() != before.Album
            && await db.ExecuteScalarAsync<bool>(
                "select exists (select 1 from album_track where track_id = @id)",
                new { id },
                transaction
            )
        )
            return Errors.Validation.With(
                new FieldError(
                    "album",
                    "ON_ALBUM",
                    "The track is on an album and carries its title: rename the album, or take the track off it first"
                )
            );

        var visibility = request.Visibility ?? before.Visibility;
        var isNarrowed = visibility != before.Visibility && visibility is not ("public" or "unlisted");
        var epoch = await db.ExecuteScalarAsync<int>(
            """
            update track set title = @title, artist = @artist, album = @album, genre = @genre, tags = @tags,
              description = @description, visibility = @visibility,
                   stream_epoch = stream_epoch + @narrowed, updated_at = now()
             where id = @id returning stream_epoch
            """,
            new
            {
                id,
                title = request.Title?.Trim() ?? before.Title,
                artist = request.Artist?.Trim() ?? before.Artist,
                album = request.Album?.Trim() ?? before.Album,
                genre = request.Genre?.Trim() ?? before.Genre,
                tags = new PgValue<string[]>(request.Tags is null ? before.Tags : Clean(request.Tags)),
                description = request.Description?.Trim() ?? before.Description,
                visibility,
                narrowed = isNarrowed ? 1 : 0,
            },
            transaction
        );
        if (isNarrowed)
            await StreamEnds.Below(db, transaction, id, epoch);
        var after = await db.QuerySingleAsync<TrackRow>(
            $"select {TrackRow.Columns} from track t join account a on a.id = t.account_id where t.id = @id",
            new { id },
            transaction
        );
        await transaction.CommitAsync(CancellationToken.None);
        var track = await Liked.Tell(db, after.ToTrack(), Caller);
        return Answer<Track>.Tagged(track, TrackTag.Of(track), "The track is changed");
    }

    private static string[] Clean(string[] tags) =>
        [.. tags.Select(t => t.Trim()).Where(t => t.Length > 0).Distinct(StringComparer.OrdinalIgnoreCase)];
}

[JsonSerializable(typeof(EditTrack.Request))]
internal sealed partial class EditTrackJson : JsonSerializerContext;

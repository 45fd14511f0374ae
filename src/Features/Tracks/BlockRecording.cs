using System.Text.Json.Serialization;
using Dapper;
using FastEndpoints;
using FluentValidation;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Tracks;

/// <summary>
/// Blocks the recording of a track that the moderator may see: from now on it is refused at processing, in whatever
/// encoding. The track itself stays as it is, and the block outlives it.
/// </summary>
internal sealed class BlockRecording(PostgresSource postgres) : Slice<BlockRecording.Request, BlockedRecording>
{
    internal sealed record Request(Guid TrackId, string? Reason);

    internal sealed class Rules : Validator<Request>
    {
        public Rules() =>
            RuleFor(r => r.Reason)
                .NotEmpty()
                .WithErrorCode("REQUIRED")
                .WithMessage("reason is required: it tells the next moderator why")
                .HasAtMost("A reason", TracksLimits.BlockReasonCharsMax);
    }

    public override void Configure()
    {
        Post("/admin/blocked-recordings");
        Group<TracksGroup>();
        Description(route =>
            route
                .Requires(TracksModerate)
                .Described(
                    "Block a recording, named by one of its tracks",
                    BlockedRecording.Example,
                    new Request(Track.Example.Id, BlockedRecording.Example.Reason),
                    StatusCodes.Status201Created,
                    Errors.Validation,
                    TracksReads.TrackNotFound,
                    TracksErrors.RecordingUnprinted,
                    TracksErrors.RecordingBlockedAlready
                )
        );
    }

    public override async Task<Answer<BlockedRecording>> ExecuteAsync(Request request, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var id = Guid.CreateVersion7();
        var blocked = await db.QuerySingleOrDefaultAsync<BlockedRecording>(
            """
            insert into blocked_recording (id, track_id, title, artist, reason, blocked_by, keys, items)
            select @id, t.id, t.title, t.artist, @Reason, @UserId, f.keys, f.items from track t
              join track_fingerprint f on f.track_id = t.id and f.revision = t.revision
             where t.id = @TrackId and (t.account_id = @UserId or t.is_open)
            returning id, track_id, title, artist, reason, blocked_by, created_at
            """,
            new
            {
                id,
                request.TrackId,
                request.Reason,
                Caller.UserId,
            }
        );
        if (blocked is not null)
            return Answer<BlockedRecording>.Created(
                blocked,
                "The recording is blocked",
                $"/api/v1/admin/blocked-recordings/{id}"
            );
        var isThere = await db.ExecuteScalarAsync<bool>(
            "select exists (select 1 from track where id = @TrackId and (account_id = @UserId or is_open))",
            new { request.TrackId, Caller.UserId }
        );
        return isThere ? TracksErrors.RecordingUnprinted : TracksReads.TrackNotFound;
    }
}

[JsonSerializable(typeof(BlockRecording.Request))]
[JsonSerializable(typeof(Envelope<BlockedRecording>))]
internal sealed partial class BlockRecordingJson : JsonSerializerContext;

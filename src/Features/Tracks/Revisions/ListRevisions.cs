using Dapper;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Tracks.Revisions;

/// <summary>
/// All audio of the caller's own track, the newest first: what is heard, what was, what is being made and what failed.
/// At most twelve.
/// </summary>
[HotRead]
internal sealed class ListRevisions(PostgresSource postgres) : Slice<ListRevisions.Request, Revision[]>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Get("/tracks/{id}/revisions");
        Group<TracksGroup>();
        Description(route =>
            route
                .Requires(TracksRead)
                .Described(
                    "List a track's revisions",
                    new[] { Revision.Example, Revision.Example with { Number = 1, IsCurrent = false } },
                    errors: TracksReads.TrackNotFound
                )
        );
    }

    public override async Task<Answer<Revision[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<RevisionRow>(
            """
            select t.audio_number as number, true as is_current, t.status as state, t.failure_code, t.failure_message,
              t.file_name, t.size_bytes, t.sha256, t.duration_ms, t.sample_rate_hz,
                   t.channels, t.codec, t.loudness_lufs, t.variants::text as variants, t.audio_since
              from track t where t.id = @id and t.account_id = @UserId
            union all
            select r.number, false, r.state, r.failure_code, r.failure_message, r.file_name, r.size_bytes, r.sha256,
              r.duration_ms, r.sample_rate_hz,
                   r.channels, r.codec, r.loudness_lufs, r.variants::text, r.audio_since
              from track t join track_revision r on r.track_id = t.id where t.id = @id and t.account_id = @UserId
             order by number desc
            """,
            new { id, Caller.UserId }
        );
        Revision[] revisions = [.. rows.Select(row => row.ToRevision())];
        return revisions.Length == 0 ? TracksReads.TrackNotFound : revisions;
    }
}

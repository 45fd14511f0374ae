using Dapper;
using Veza.Features.Tracks.Likes;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Tracks;

/// <summary>
/// One track. A private one is shown to its owner alone; to all others it does not exist. Its ETag is for asking again,
/// and for editing it.
/// </summary>
[HotRead]
internal sealed class ShowTrack(PostgresSource postgres) : Slice<ShowTrack.Request, Track>
{
    internal sealed record Request(Guid Id);

    /// <summary>What the track's album and its owner are told beyond the track itself.</summary>
    internal sealed record Beside(float? LoudnessLufs, float? TruePeakDbtp, Guid? DuplicateOf);

    public override void Configure()
    {
        Get("/tracks/{id}");
        Group<TracksGroup>();
        Description(route =>
            route
                .Anonymous(seesMoreWith: TracksRead)
                .Described(
                    "Show a track",
                    Track.Example with
                    {
                        AlbumLoudnessLufs = -13.6f,
                        AlbumTruePeakDbtp = -0.8f,
                    },
                    errors: TracksReads.TrackNotFound
                )
        );
    }

    public override async Task<Answer<Track>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var row = await db.QuerySingleOrDefaultAsync<TrackRow>(
            $"""
            select {TrackRow.ColumnsForCaller} from track t join account a on a.id = t.account_id
             where t.id = @id and (t.account_id = @callerId or t.is_open)
            """,
            new { id, callerId = CallerIfAny?.UserId }
        );
        if (row is null)
            return TracksReads.TrackNotFound;
        var track = await Liked.Tell(db, row.ToTrack(), CallerIfAny);
        var isOwner = row.AccountId == CallerIfAny?.UserId;
        if (row.Album.Length > 0 || isOwner)
        {
            var beside = await db.QuerySingleAsync<Beside>(
                $"""
                select album.loudness_lufs, album.true_peak_dbtp, case when t.account_id = @callerId
                  then d.id end as duplicate_of
                  from track t
                  left join track_fingerprint f on f.track_id = t.id and f.revision = t.revision
                  left join track d on d.id = f.duplicate_of and (d.account_id = t.account_id or d.is_listed)
                  {TracksReads.AlbumLoudness}
                 where t.id = @id
                """,
                new { id, callerId = CallerIfAny?.UserId }
            );
            track = track with
            {
                AlbumLoudnessLufs = beside.LoudnessLufs,
                AlbumTruePeakDbtp = beside.TruePeakDbtp,
                DuplicateOf = beside.DuplicateOf,
            };
        }

        return Answer<Track>.Tagged(track, TrackTag.Of(track));
    }
}

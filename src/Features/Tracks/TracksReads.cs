using Veza.Infrastructure.Http;

namespace Veza.Features.Tracks;

/// <summary>What other rooms may show and say of tracks.</summary>
internal static class TracksReads
{
    /// <summary>Who may hear a track; in this order they are told.</summary>
    internal static readonly string[] Visibilities = ["public", "unlisted", "followers", "supporters", "private"];

    /// <summary>
    /// How loud tracks are one after the other: the mean of their energies, each for as long as it lasts. Of rows that
    /// have <c>duration_ms</c> and <c>loudness_lufs</c>; null where nothing was measured.
    /// </summary>
    internal const string MeanLoudness = """
        (10 * log(sum(duration_ms * power(10::float8, loudness_lufs / 10))
          / nullif(sum(duration_ms) filter (where loudness_lufs is not null), 0)))::real
        """;

    /// <summary>
    /// After <c>from track t</c>, with <c>@callerId</c>: one row <c>album</c> with the mean loudness and the highest
    /// peak of what one account's ready tracks name the same, read by the index track_album_idx; of one track alone, or
    /// of more than 200, there is none.
    /// </summary>
    /// <remarks>
    /// Open tracks count, and not the listed ones alone: who is given the address of an unlisted track hears it among
    /// the others, an album's page shows and counts it, and of an album that is unlisted as a whole there would be no
    /// loudness. What the caller may not hear does not show in it; the owner's private tracks count for the owner.
    /// </remarks>
    internal const string AlbumLoudness = $"""
        left join lateral (
          select {MeanLoudness} as loudness_lufs, max(true_peak_dbtp) as true_peak_dbtp
            from (select s.duration_ms, s.loudness_lufs, s.true_peak_dbtp from track s
                   where t.album <> '' and s.account_id = t.account_id and lower(s.album) = lower(t.album)
                     and s.album <> '' and s.status = 'ready'
                     and (s.account_id = @callerId or s.is_open or s.id = t.id) limit 201) album_track
           where duration_ms > 0 and loudness_lufs is not null
          having count(*) between 2 and 200
        ) album on true
        """;

    internal static readonly Error TrackNotFound = new("TRACK_NOT_FOUND", 404, "There is no such track");

    internal static readonly Error TrackNotReady = new(
        "TRACK_NOT_READY",
        409,
        "The track is still being processed; watch its status"
    );

    internal static readonly Error TrackFailed = new(
        "TRACK_FAILED",
        409,
        "The track could not be processed; its failure says why"
    );
}

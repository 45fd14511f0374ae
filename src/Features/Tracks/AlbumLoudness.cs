namespace Veza.Features.Tracks;

/// <summary>
/// How loud an album is as a whole: the mean of its tracks' energies, each for as long as the track lasts, and the
/// highest of their peaks. An album is what one account's ready tracks name the same; of one track alone, or of more
/// than 200, there is none. Private tracks count when the caller is their owner.
/// </summary>
internal static class AlbumLoudness
{
    /// <summary>
    /// After <c>from track t</c>: one row <c>album</c>, read by the index track_album_idx. Wants <c>@callerId</c>.
    /// </summary>
    internal const string Join = """
        left join lateral (
          select (10 * log(sum(duration_ms * power(10, loudness_lufs / 10)) / sum(duration_ms)))::real as loudness_lufs,
            max(true_peak_dbtp) as true_peak_dbtp
            from (select s.duration_ms, s.loudness_lufs, s.true_peak_dbtp from track s
                   where t.album <> '' and s.account_id = t.account_id and lower(s.album) = lower(t.album)
                     and s.album <> '' and s.status = 'ready'
                     and (s.account_id = @callerId or s.is_listed or s.id = t.id) limit 201) album_track
           where duration_ms > 0 and loudness_lufs is not null
          having count(*) between 2 and 200
        ) album on true
        """;
}

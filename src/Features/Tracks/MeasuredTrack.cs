using System.Text.Json;
using Dapper;
using Npgsql;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Media;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Texts;

namespace Veza.Features.Tracks;

/// <summary>
/// What was measured of a track's audio, and what the file's tags say where its owner said nothing: with this the track
/// is ready.
/// </summary>
internal static class MeasuredTrack
{
    /// <summary>False when the track, or the revision that was to be its audio, is gone meanwhile.</summary>
    internal static async Task<bool> Write(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        Guid id,
        long revision,
        AudioFacts facts,
        EncodedAudio audio
    )
    {
        Variant[] variants =
        [
            .. audio.Ladder.Renditions.Select(r => new Variant(r.Quality, r.Codec, r.AverageBandwidthBps, r.SizeBytes)),
        ];
        // Its type is spelled out because Dapper.AOT's generator cannot see what the JSON generator makes: it would
        // leave the call to dynamic code.
        string json = JsonSerializer.Serialize(variants, TrackJson.Default.VariantArray);
        var heard = audio.Analysis;
        int[] levels = [.. heard.Waveform.Select(level => level.SamplesPerPixel)];
        var updated = await db.ExecuteAsync(
            """
            update track
               set status = 'ready', progress = 100, revision = @revision, duration_ms = @DurationMs,
                 sample_rate_hz = @SampleRateHz, channels = @Channels, codec = @Codec,
                   bitrate_bps = @bitrateBps, loudness_lufs = @lufs, true_peak_dbtp = @peak, loudness_range_lu = @range,
                     variants = @json::jsonb,
                   bpm = @bpm, bpm_confidence = @bpmConfidence, musical_key = @key,
                     musical_key_confidence = @keyConfidence,
                   silence_start_ms = @SilenceStartMs, silence_end_ms = @SilenceEndMs, waveform_levels = @levels,
                   title = case when title = '' then @tagTitle else title end,
                   artist = case when artist = '' then @tagArtist else artist end,
                   album = case when album = '' then @tagAlbum else album end,
                   genre = case when genre = '' then @tagGenre else genre end,
                   release_year = coalesce(release_year, @releaseYear),
                   updated_at = now()
             where id = @id and status = 'processing'
            """,
            new
            {
                id,
                revision,
                audio.Ladder.DurationMs,
                facts.SampleRateHz,
                facts.Channels,
                facts.Codec,
                bitrateBps = (int)Math.Min(int.MaxValue, facts.BitrateBps),
                lufs = (float?)audio.Loudness.IntegratedLufs,
                peak = (float?)audio.Loudness.TruePeakDbtp,
                range = (float?)audio.Loudness.RangeLu,
                json,
                bpm = (float?)heard.Tempo?.Bpm,
                bpmConfidence = (float?)heard.Tempo?.Confidence,
                key = heard.Key?.Name,
                keyConfidence = (float?)heard.Key?.Confidence,
                heard.SilenceStartMs,
                heard.SilenceEndMs,
                levels = new PgValue<int[]>(levels),
                tagTitle = TextCut.To(facts.Tags.Title ?? "", TracksLimits.NameCharsMax),
                tagArtist = TextCut.To(facts.Tags.Artist ?? "", TracksLimits.NameCharsMax),
                tagAlbum = TextCut.To(facts.Tags.Album ?? "", TracksLimits.NameCharsMax),
                tagGenre = TextCut.To(facts.Tags.Genre ?? "", TracksLimits.TagCharsMax),
                releaseYear = facts.Tags.Year,
            },
            transaction
        );
        return updated == 1;
    }
}

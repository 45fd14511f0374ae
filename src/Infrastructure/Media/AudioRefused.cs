namespace Veza.Infrastructure.Media;

/// <summary>Why a file cannot be taken: a permanent code, and a sentence that tells its uploader what to do.</summary>
internal sealed record AudioFault(string Code, string Message)
{
    internal static readonly AudioFault NotAudio =
            new(
                "NOT_AUDIO",
                "This is not an audio file that can be read here. Upload MP3, AAC or M4A, FLAC, WAV, AIFF, Ogg "
                    + "Vorbis or Opus."
            ),
        HasVideo = new("HAS_VIDEO", "This file holds a video. Export its sound alone and upload that."),
        CodecUnsupported =
            new(
                "UNSUPPORTED_CODEC",
                "The sound in this file is packed in a way that is not taken here. Export it again as FLAC, "
                    + "WAV, MP3 or AAC."
            ),
        Corrupt =
            new(
                "AUDIO_CORRUPT",
                "The file is damaged or was cut short. Export it again, check that it plays to its end, and "
                    + "upload the new file."
            ),
        Empty =
            new(
                "AUDIO_EMPTY",
                "There is no sound in this file: its length is zero. Export it again and check that it plays."
            ),
        TooLong =
            new(
                "AUDIO_TOO_LONG",
                $"The recording is longer than {AudioLimits.DurationMax.TotalHours:0} hours. Split it and "
                    + $"upload the parts."
            ),
        TooLarge =
            new(
                "AUDIO_TOO_LARGE",
                "Unpacked, the recording takes more room than this server has for one. Split it and upload the "
                    + "parts, or export it at 48,000 Hz."
            ),
        TooManyChannels =
            new(
                "AUDIO_TOO_MANY_CHANNELS",
                $"The file has more than {AudioLimits.ChannelsMax} channels. Mix it down to stereo and upload that."
            ),
        SampleRateUnsupported =
            new(
                "AUDIO_SAMPLE_RATE_UNSUPPORTED",
                $"The sample rate must be between {AudioLimits.SampleRateHzMin} and {AudioLimits.SampleRateHzMax} "
                    + $"Hz. Export the file at 44,100 or 48,000 Hz."
            ),
        TooSlow =
            new(
                "AUDIO_TOO_SLOW",
                "The file took longer to process than any sound recording should. Export it again as FLAC or "
                    + "WAV and upload that."
            );
}

/// <summary>
/// The file itself is at fault: trying again cannot help. Everything else that is thrown here may pass.
/// </summary>
internal sealed class AudioRefused(AudioFault fault, string? detail = null)
    : Exception(detail is null ? fault.Message : $"{fault.Message} ({detail})")
{
    internal AudioFault Fault => fault;
    internal string Code => fault.Code;

    /// <summary>What the tool said, for the log; the uploader sees <see cref="AudioFault.Message"/>.</summary>
    internal string? Detail => detail;
}

/// <summary>What a recording may be at most; the file's size is the upload's affair.</summary>
internal static class AudioLimits
{
    internal static readonly TimeSpan DurationMax = TimeSpan.FromHours(10);
    internal const int ChannelsMax = 8;
    internal const int SampleRateHzMin = 8_000;
    internal const int SampleRateHzMax = 384_000;
}

using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Veza.Infrastructure.Media;

/// <summary>
/// Finds out what a file is, or refuses it. Two quick runs side by side: one reads what the headers say, the other
/// walks all packets without decoding them (a second for ten hours), so that a file cut short, a header that lies about
/// its length and a day of silence are known before any work is done.
/// </summary>
internal static partial class AudioProbe
{
    private const int AnswerBytesMax = 4 << 20;
    private static readonly MediaLimits Limits = new(TimeSpan.FromMinutes(2), OutputBytesMax: 1 << 20);
    private static readonly TimeSpan SlackMin = TimeSpan.FromSeconds(0.5);
    private const double SlackShare = 0.02;
    private const long ShortestUs = 1000;

    private static readonly HashSet<string> Pictures = ["mjpeg", "png", "bmp", "gif", "webp", "tiff"];
    private static readonly HashSet<string> Videos =
    [
        "h264",
        "hevc",
        "av1",
        "libdav1d",
        "libaom-av1",
        "vp8",
        "vp9",
        "libvpx",
        "libvpx-vp9",
        "mpeg4",
        "mpeg1video",
        "mpeg2video",
        "h263",
        "theora",
        "prores",
        "wmv2",
    ];
    private static readonly HashSet<string> Lossless = ["flac", "alac"];
    private static readonly HashSet<string> Taken = ["mp3", "aac", "vorbis", "opus", "flac", "alac"];

    /// <summary>The source of <paramref name="work"/> must be in place. Throws <see cref="AudioRefused"/>.</summary>
    internal static async Task<AudioFacts> Read(MediaSandbox sandbox, MediaWork work, CancellationToken ct)
    {
        if (new FileInfo(work.SourcePath).Length == 0)
            throw new AudioRefused(AudioFault.Empty);
        var head = new byte[AudioSniff.BytesWanted];
        await using (var source = File.OpenRead(work.SourcePath))
        {
            var count = await source.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, ct);
            if (AudioSniff.Of(head.AsSpan(0, count)) is not { } kind)
                throw new AudioRefused(AudioFault.NotAudio);
            if (AudioTail.IsCutShort(source, kind))
                throw new AudioRefused(AudioFault.Corrupt, "the file ends before its last part does");
        }

        using var together = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var walking = Walk(sandbox, work, together.Token);
        var ((answer, stderr), stream) = await Headers();
        var measured = await walking;
        var format = answer.Format!;
        if (measured > AudioLimits.DurationMax)
            throw new AudioRefused(AudioFault.TooLong);
        // Without an index the tool guesses a length from the first bitrate it sees: no promise, so none can be broken.
        var guessed =
            format.FormatName == "aac" || stderr.Contains("Estimating duration from bitrate", StringComparison.Ordinal);
        if (!guessed && Seconds(stream.Duration ?? format.Duration) is { } stated && measured < stated - Slack(stated))
            throw new AudioRefused(
                AudioFault.Corrupt,
                $"{stated.TotalSeconds:0.0} s announced, {measured.TotalSeconds:0.0} s there"
            );
        return Facts(stream, format, measured, new FileInfo(work.SourcePath).Length) with
        {
            HasPicture = answer.Streams!.Exists(s =>
                s.CodecType == "video" && s.Disposition?.GetValueOrDefault("attached_pic") == 1
            ),
        };

        async Task<((ProbeAnswer, string), ProbeStream)> Headers()
        {
            try
            {
                var said = await AskHeaders(sandbox, work, ct);
                return (said, Sound(said.Answer, said.Stderr));
            }
            catch
            {
                // What the headers say is the better reason; the walk through such a file is over.
                await together.CancelAsync();
                await ((Task)walking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw;
            }
        }
    }

    /// <summary>How much may be missing before a file counts as damaged: a glitch passes, a cut does not.</summary>
    internal static TimeSpan Slack(TimeSpan stated) => SlackMin + stated * SlackShare;

    private static async Task<(ProbeAnswer Answer, string Stderr)> AskHeaders(
        MediaSandbox sandbox,
        MediaWork work,
        CancellationToken ct
    )
    {
        var json = ReadOnlyMemory<byte>.Empty;
        var run = await sandbox.Probe(
            work,
            [
                "-v",
                "warning",
                "-show_format",
                "-show_streams",
                "-of",
                "json=string_validation=ignore",
                MediaWork.SourceName,
            ],
            Limits,
            async (output, token) => json = await Bounded(output, token),
            ct
        );
        if (
            run.ExitCode == 0
            && JsonSerializer.Deserialize(LooseUtf8.Of(json.Span), ProbeJson.Default.ProbeAnswer)
                is { Format: not null } answer
        )
            return (answer, run.StderrTail);
        throw MediaRunVerdict.Failure(run, Unreadable(run.StderrTail));
    }

    /// <summary>Why the headers could not be read, by the tool's words.</summary>
    private static AudioFault Unreadable(string stderr)
    {
        if (
            stderr.Contains("moov atom not found", StringComparison.Ordinal)
            || stderr.Contains("End of file", StringComparison.Ordinal)
        )
            return AudioFault.Corrupt;
        var barred = BarredCodec()
            .Matches(stderr)
            .Select(match => match.Groups[1].Value)
            .Where(codec => !Pictures.Contains(codec))
            .ToArray();
        if (barred.Any(Videos.Contains))
            return AudioFault.HasVideo;
        return barred.Length > 0 ? AudioFault.CodecUnsupported : AudioFault.NotAudio;
    }

    [GeneratedRegex(@"Codec \((\w+)\) not on whitelist")]
    private static partial Regex BarredCodec();

    private static ProbeStream Sound(ProbeAnswer answer, string stderr)
    {
        var streams = answer.Streams ?? [];
        if (
            streams.Any(s =>
                s.CodecType == "video"
                && s.Disposition?.GetValueOrDefault("attached_pic") != 1
                && !Pictures.Contains(s.CodecName ?? "")
            )
        )
            throw new AudioRefused(AudioFault.HasVideo);
        var sound =
            streams.FirstOrDefault(s => s.CodecType == "audio")
            ?? throw new AudioRefused(AudioFault.NotAudio, MediaRunVerdict.LastLines(stderr));
        var codec = sound.CodecName ?? "";
        if (!Taken.Contains(codec) && !codec.StartsWith("pcm_", StringComparison.Ordinal))
            throw new AudioRefused(AudioFault.CodecUnsupported, codec);
        var rateHz = Number(sound.SampleRate);
        if (rateHz == 0 || sound.Channels is null or 0)
            throw new AudioRefused(AudioFault.Corrupt, MediaRunVerdict.LastLines(stderr));
        if (sound.Channels > AudioLimits.ChannelsMax)
            throw new AudioRefused(AudioFault.TooManyChannels, $"{sound.Channels}");
        if (rateHz is < AudioLimits.SampleRateHzMin or > AudioLimits.SampleRateHzMax)
            throw new AudioRefused(AudioFault.SampleRateUnsupported, $"{rateHz} Hz");
        return sound;
    }

    /// <summary>Copies all packets to nowhere: the length that is really there.</summary>
    private static async Task<TimeSpan> Walk(MediaSandbox sandbox, MediaWork work, CancellationToken ct)
    {
        // A minute more than is taken: the last packet before the end of the walk may be seconds long.
        var until = (AudioLimits.DurationMax + TimeSpan.FromMinutes(1)).TotalSeconds.ToString(
            CultureInfo.InvariantCulture
        );
        var reached = 0L;
        string[] arguments =
        [
            "-v",
            "error",
            "-i",
            MediaWork.SourceName,
            "-map",
            "0:a:0",
            "-c",
            "copy",
            "-t",
            until,
            "-f",
            "null",
            "-progress",
            "pipe:1",
            "-",
        ];
        var run = await sandbox.Encode(
            work,
            arguments,
            Limits,
            async (output, token) =>
            {
                using var lines = new StreamReader(output);
                while (await lines.ReadLineAsync(token) is { } line)
                {
                    if (
                        line.StartsWith("out_time_us=", StringComparison.Ordinal)
                        && long.TryParse(line.AsSpan(12), out var us)
                    )
                        reached = us;
                }
            },
            ct
        );
        if (run.ExitCode != 0)
            throw MediaRunVerdict.Failure(run, AudioFault.Corrupt);
        return reached >= ShortestUs ? TimeSpan.FromMicroseconds(reached) : throw new AudioRefused(AudioFault.Empty);
    }

    private static AudioFacts Facts(ProbeStream stream, ProbeFormat format, TimeSpan measured, long bytes)
    {
        var codec = stream.CodecName!;
        var isFloat = codec.StartsWith("pcm_f", StringComparison.Ordinal);
        var isLossless = Lossless.Contains(codec) || codec.StartsWith("pcm_", StringComparison.Ordinal);
        var bits = !isLossless ? 0 : Math.Max(stream.BitsPerSample ?? 0, Number(stream.BitsPerRawSample));
        if (bits == 0 && isLossless)
            bits = stream.SampleFmt is "s32" or "s32p" ? 24 : 16;
        var bps = Number(stream.BitRate) is > 0 and var own ? own : (long)(bytes * 8 / measured.TotalSeconds);
        var container =
            format.FormatName?.Split(',') is { Length: > 1 } names && names.Contains("mp4")
                ? "mp4"
                : format.FormatName!;
        return new AudioFacts(
            container,
            codec,
            Number(stream.SampleRate),
            stream.Channels!.Value,
            bits,
            bps,
            measured,
            isLossless,
            isFloat,
            AudioTags.Of(format.Tags, stream.Tags)
        );
    }

    private static async Task<ReadOnlyMemory<byte>> Bounded(Stream output, CancellationToken ct)
    {
        var kept = new MemoryStream();
        var buffer = new byte[8192];
        for (int count; (count = await output.ReadAsync(buffer, ct)) > 0; )
        {
            if (kept.Length + count > AnswerBytesMax)
                throw new AudioRefused(AudioFault.NotAudio, $"its tags exceed {AnswerBytesMax} bytes");
            kept.Write(buffer, 0, count);
        }

        return kept.GetBuffer().AsMemory(0, (int)kept.Length);
    }

    private static int Number(string? text) =>
        int.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static TimeSpan? Seconds(string? text) =>
        double.TryParse(text, CultureInfo.InvariantCulture, out var s) && s is > 0 and < 1e9
            ? TimeSpan.FromSeconds(s)
            : null;
}

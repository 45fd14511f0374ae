using System.Globalization;

namespace Veza.Infrastructure.Media;

/// <summary>The outcome: three files in the work's <c>done/</c>, and what is known of them.</summary>
internal sealed record EncodedAudio(AudioLadder Ladder, Loudness Loudness, AudioAnalysis Analysis);

/// <summary>
/// Everything out of one file. Two runs side by side, since the tool encodes on one core however many outputs it has:
/// one makes the 128k file and, from the same samples, loudness and all that is heard in it; the other the 320k and the
/// lossless file. Then each output is cut into its CMAF file.
/// </summary>
internal static class AudioEncoding
{
    private static readonly TimeSpan WallMin = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);
    private const int OutputBytesMin = 16 << 20;

    /// <summary>
    /// The source of <paramref name="work"/> as <see cref="AudioProbe"/> found it. Progress is 0 to 1, told in steps of
    /// a hundredth, on any thread.
    /// </summary>
    internal static async Task<EncodedAudio> Run(
        MediaSandbox sandbox,
        MediaWork work,
        AudioFacts facts,
        Action<double>? progress,
        CancellationToken ct
    )
    {
        var plan = AudioPlan.Of(facts);
        // A file may turn out a little longer than measured (decoders round up), never much: this stops one that would
        // decode without end.
        var until = facts.Duration * 1.02 + Grace;
        var limits = new MediaLimits(
            WallMin + facts.Duration,
            OutputBytesMin
                + (long)(until.TotalSeconds * plan.LosslessRateHz * plan.Channels * plan.LosslessBits / 8 * 1.1)
        );
        var listener = new AudioAnalyzer(plan.LossyRateHz);
        var steps = new ProgressSteps(facts.Duration.TotalSeconds * plan.LossyRateHz, progress);

        using var together = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var heard = Guard(
            sandbox.Encode(
                work,
                [.. Input(until), .. HeardOutputs(plan)],
                limits,
                (pcm, token) => listener.Read(pcm, steps.Reached, token),
                together.Token
            )
        );
        var kept = Guard(sandbox.Encode(work, [.. Input(until), .. KeptOutputs(plan)], limits, null, together.Token));
        await BothOrTheFirstFault(heard, kept, ct);
        var log = (await heard).StderrTail;

        if (listener.SampleCount == 0)
            throw new AudioRefused(AudioFault.Empty);
        var decoded = TimeSpan.FromSeconds((double)listener.SampleCount / plan.LossyRateHz);
        if (decoded < facts.Duration - AudioProbe.Slack(facts.Duration) || decoded >= until)
            throw new AudioRefused(
                AudioFault.Corrupt,
                $"{facts.Duration.TotalSeconds:0.0} s in the file, {decoded.TotalSeconds:0.0} s could be decoded"
            );
        var loudness =
            Loudness.Parse(log)
            ?? throw new IOException($"The loudness meter left no summary: {MediaRunVerdict.LastLines(log)}");
        // What is left needs nothing of the others, and a tool of its own for one of them.
        var printing = Fingerprint.Read(sandbox, work, listener.Clip, ct);
        var cutting = Task.WhenAll(
            AudioFile.Of(plan).Select(file => Task.Run(() => Cut(work, plan, file, listener.SampleCount), ct))
        );
        await Task.WhenAll(printing, cutting);
        var (print, renditions) = (await printing, await cutting);
        progress?.Invoke(1);
        var durationMs = (long)Math.Round(decoded.TotalMilliseconds);
        return new EncodedAudio(
            new AudioLadder(AudioLadder.CurrentVersion, durationMs, plan.LossyRateHz, listener.SampleCount, renditions),
            loudness,
            listener.Finish(print)
        );

        async Task<MediaRun> Guard(Task<MediaRun> run)
        {
            try
            {
                var ended = await run;
                return ended.ExitCode == 0 ? ended : throw MediaRunVerdict.Failure(ended, AudioFault.Corrupt);
            }
            catch
            {
                await together.CancelAsync();
                throw;
            }
        }
    }

    /// <summary>
    /// When one run fails the other is cancelled: the cause is what the caller must see, not its consequence.
    /// </summary>
    private static async Task BothOrTheFirstFault(Task<MediaRun> one, Task<MediaRun> other, CancellationToken ct)
    {
        try
        {
            await Task.WhenAll(one, other);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            foreach (var task in (Task[])[one, other])
            {
                if (task.Exception is { } cause)
                    throw cause.InnerException!;
            }

            throw;
        }
    }

    private static AudioRendition Cut(MediaWork work, AudioPlan plan, AudioFile file, long lossySamples)
    {
        using var raw = work.OpenRaw(file.FileName);
        using var done = new FileStream(work.DonePath(file.FileName), FileMode.CreateNew, FileAccess.ReadWrite);
        var factor = file.SampleRateHz / plan.LossyRateHz;
        var mp4 = FragmentedMp4.Open(raw);
        var samples = mp4.Fragments().Sum(fragment => fragment.Duration) - mp4.EncoderDelay;
        if (Math.Abs(samples - lossySamples * factor) > AudioPlan.AacFrameSamples * factor)
            throw new AudioRefused(
                AudioFault.Corrupt,
                $"{file.FileName} has {samples} samples where {lossySamples * factor} were decoded"
            );
        CmafFile.Write(
            raw,
            done,
            new CmafCut((long)plan.SegmentSamples * factor, plan.SegmentCount(lossySamples), samples)
        );
        return AudioRendition.Of(file, CmafIndex.Read(done), done.Length);
    }

    internal static string[] Input(TimeSpan until) =>
        [
            "-nostats",
            "-filter_threads",
            "1",
            "-filter_complex_threads",
            "1",
            "-threads",
            "1",
            "-t",
            until.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture),
            "-i",
            MediaWork.SourceName,
        ];

    // Timestamps are counted anew: a file with a glitch has gaps in them, and every output must be as long as its
    // samples. Unrounded, 1/44100 loses a sample here and there.
    private static string Resampled(int rateHz, string layout) =>
        $"aresample={rateHz}:out_chlayout={layout}:rematrix_maxval=1,asetpts=round(N/SR/TB)";

    internal static string[] HeardOutputs(AudioPlan plan) =>
        [
            "-filter_complex",
            $"[0:a:0]{Resampled(plan.LossyRateHz, plan.Layout)},asplit=3[aac][meter][wave];[meter]ebur128=peak=true:dualmono=true:framelog=verbose,anullsink;"
                + "[wave]aformat=sample_fmts=s16:channel_layouts=mono[pcm]",
            "-map",
            "[aac]",
            "-c:a",
            "aac",
            "-b:a",
            $"{AudioPlan.LowBps}",
            .. Mp4(AudioFile.LowName),
            "-map",
            "[pcm]",
            "-c:a",
            "pcm_s16le",
            "-f",
            "s16le",
            "pipe:1",
        ];

    internal static string[] KeptOutputs(AudioPlan plan) =>
        [
            "-filter_complex",
            $"[0:a:0]asplit=2[a][b];[a]{Resampled(plan.LossyRateHz, plan.Layout)}[aac];"
                + $"[b]{Resampled(plan.LosslessRateHz, plan.Layout)},aformat=sample_fmts={(plan.LosslessBits == 16 ? "s16" : "s32")}[flac]",
            "-map",
            "[aac]",
            "-c:a",
            "aac",
            "-b:a",
            $"{plan.HighTargetBps}",
            "-aac_coder",
            "fast",
            .. Mp4(AudioFile.HighName),
            "-map",
            "[flac]",
            "-c:a",
            "flac",
            "-frame_size",
            $"{plan.FlacFrameSamples}",
            "-bits_per_raw_sample",
            $"{plan.LosslessBits}",
            "-strict",
            "experimental",
            .. Mp4(AudioFile.LosslessName),
        ];

    // Fragments of the tool's own cutting: only their frames are used. The same bytes come out of the same source,
    // whichever worker runs.
    private static string[] Mp4(string name) =>
        [
            "-map_metadata",
            "-1",
            "-map_chapters",
            "-1",
            "-flags",
            "+bitexact",
            "-fflags",
            "+bitexact",
            "-movflags",
            "+empty_moov+default_base_moof+delay_moov",
            "-frag_duration",
            "4000000",
            "-f",
            "mp4",
            $"{MediaWork.RawName}/{name}",
        ];

    private sealed class ProgressSteps(double samplesExpected, Action<double>? progress)
    {
        private int _told;

        internal void Reached(long samples)
        {
            var hundredths = (int)Math.Min(99, 100 * samples / Math.Max(1, samplesExpected));
            if (hundredths <= _told)
                return;
            _told = hundredths;
            progress?.Invoke(hundredths / 100d);
        }
    }
}

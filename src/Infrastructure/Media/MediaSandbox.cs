using System.Diagnostics;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.Media;

/// <summary>How much one run of a tool may take. CPU time is limited like the wall's, and memory by the sandbox.</summary>
internal sealed record MediaLimits(TimeSpan WallMax, long OutputBytesMax);

/// <summary>What came of a run: how the tool ended, and the end of what it said.</summary>
internal sealed record MediaRun(int ExitCode, string StderrTail);

/// <summary>
/// Runs ffmpeg and ffprobe on files of strangers, and fpcalc on what came out: only the formats and codecs we take, no protocol but local files, no network, an unprivileged user,
/// limits on everything, an empty environment (our secrets stay ours), and an end by force when time is up or the caller cancels.
/// </summary>
internal sealed class MediaSandbox
{
    /// <summary>How much of a tool's last words is kept.</summary>
    internal const int StderrCharsKept = 16 * 1024;

    private const string Formats = "mp3,aac,mov,flac,wav,aiff,ogg";
    private const string Codecs =
        "mp3,mp3float,aac,aac_fixed,alac,flac,vorbis,opus,libopus,libvorbis,pcm_u8,pcm_s8,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be," +
        "pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,pcm_f64le,pcm_f64be,pcm_mulaw,pcm_alaw";

    private const string Pictures = "mjpeg,png,bmp,gif,webp,tiff";

    /// <summary>What is drawn anew is less than what may stand beside a sound.</summary>
    private static readonly string[] DrawnRules =
        ["-hide_banner", "-protocol_whitelist", "file", "-format_whitelist", "jpeg_pipe,png_pipe,webp_pipe,gif", "-codec_whitelist", "mjpeg,png,webp,gif"];

    /// <summary>Stand before the input: they hold for it, and nothing else is opened.</summary>
    private static readonly string[] InputRules = ["-hide_banner", "-protocol_whitelist", "file,pipe", "-format_whitelist", Formats, "-codec_whitelist", Codecs];

    private static readonly string[] Tools = ["ffmpeg", "ffprobe", "fpcalc"];
    private const long MemoryBytesDefault = 1L << 30;
    private readonly string _ffmpeg, _ffprobe, _fpcalc;
    private readonly long _memoryBytesMax;

    private MediaSandbox(string ffmpeg, string ffprobe, string fpcalc, long memoryBytesMax, MediaProtections protections) =>
        (_ffmpeg, _ffprobe, _fpcalc, _memoryBytesMax, Protections) = (ffmpeg, ffprobe, fpcalc, memoryBytesMax, protections);

    /// <summary>What is in force on this machine, for the role to print at start.</summary>
    internal MediaProtections Protections { get; }

    internal static bool IsInstalled => Array.TrueForAll(Tools, tool => ToolPath.Find(tool) is not null);

    internal static async Task<MediaSandbox> Detect(CancellationToken ct, long memoryBytesMax = MemoryBytesDefault) =>
        new(ToolPath.Require("ffmpeg"), ToolPath.Require("ffprobe"), ToolPath.Require("fpcalc"), memoryBytesMax, await MediaProtections.Detect(ct));

    internal Task<MediaRun> Probe(MediaWork work, string[] arguments, MediaLimits limits, Func<Stream, CancellationToken, Task> readOutput, CancellationToken ct) =>
        // The probe opens a decoder for each stream, without using it, and gives up where it may not: a cover picture's may be opened, no video's.
        Run(_ffprobe, work, [.. InputRules, "-codec_whitelist:v", $"{Codecs},{Pictures}", .. arguments], limits, readOutput, ct);

    /// <summary><paramref name="readOutput"/> reads the tool's standard output to its end while it runs.</summary>
    internal Task<MediaRun> Encode(MediaWork work, string[] arguments, MediaLimits limits, Func<Stream, CancellationToken, Task>? readOutput, CancellationToken ct) =>
        Run(_ffmpeg, work, ["-nostdin", "-y", .. InputRules, .. arguments], limits, readOutput, ct);

    /// <summary>Draws a picture anew: the readers and decoders of pictures that we take, and no others.</summary>
    internal Task<MediaRun> Draw(MediaWork work, string[] arguments, MediaLimits limits, CancellationToken ct) =>
        Run(_ffmpeg, work, ["-nostdin", "-y", .. DrawnRules, .. arguments], limits, null, ct);

    /// <summary>Prints samples that we have decoded: fpcalc opens no file, and nothing of a stranger's but the sound itself reaches it.</summary>
    internal Task<MediaRun> Print(MediaWork work, FingerprintClip clip, MediaLimits limits, Func<Stream, CancellationToken, Task> readOutput, CancellationToken ct) =>
        Run(_fpcalc, work, ["-raw", "-signed", "-plain", "-length", $"{Fingerprint.SecondsMax}", "-format", "s16le", "-rate", $"{clip.RateHz}", "-channels", "1", "-"],
            limits, readOutput, ct, clip.Pcm);

    private async Task<MediaRun> Run(
        string tool, MediaWork work, string[] arguments, MediaLimits limits, Func<Stream, CancellationToken, Task>? readOutput, CancellationToken ct, ReadOnlyMemory<byte> input = default)
    {
        HeldConnections.MustBeNone("a media tool");
        work.HandTo(Protections.UserId);
        string[] words = [.. Protections.Outer, .. Limited(limits), tool, .. arguments];
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(limits.WallMax);
        using var process = new Process { StartInfo = StartOf(words, work.Directory) };
        var exit = await MediaThread.Start(process);
        await using var kill = deadline.Token.Register(() => Kill(process));
        var tail = new TextTail(StderrCharsKept);
        try
        {
            await Task.WhenAll(Feed(process, input, deadline.Token), tail.Read(process.StandardError), ReadOutput());
        }
        catch (Exception) when (deadline.IsCancellationRequested)
        {
            // The answer is given below, by whose clock it was.
        }

        var code = await exit;
        ct.ThrowIfCancellationRequested();
        if (deadline.IsCancellationRequested) throw new AudioRefused(AudioFault.TooSlow, $"killed after {limits.WallMax.TotalSeconds:0} s");
        return new MediaRun(code, tail.ToString());

        async Task ReadOutput()
        {
            try
            {
                await (readOutput?.Invoke(process.StandardOutput.BaseStream, deadline.Token) ?? process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, deadline.Token));
            }
            catch
            {
                // Nobody reads on: the tool would hang on a full pipe, and its last words with it.
                Kill(process);
                throw;
            }
        }
    }

    private static async Task Feed(Process process, ReadOnlyMemory<byte> input, CancellationToken ct)
    {
        try
        {
            await using var stream = process.StandardInput.BaseStream;
            await stream.WriteAsync(input, ct);
        }
        catch (IOException)
        {
            // It has read all that it wants, or has ended: its exit code tells which.
        }
    }

    private IEnumerable<string> Limited(MediaLimits limits) => !Protections.HasLimits ? [] :
    [
        ToolPath.Require("prlimit"), $"--as={_memoryBytesMax}", $"--cpu={(long)Math.Ceiling(limits.WallMax.TotalSeconds)}", $"--fsize={limits.OutputBytesMax}",
        "--core=0", "--nofile=64", "--",
    ];

    private static ProcessStartInfo StartOf(string[] words, string directory)
    {
        var start = new ProcessStartInfo(words[0], words[1..])
        {
            WorkingDirectory = directory, UseShellExecute = false,
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = ToolPath.Search;
        start.Environment["LC_ALL"] = "C";
        start.Environment["AV_LOG_FORCE_NOCOLOR"] = "1";
        return start;
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It had ended by itself in the meantime.
        }
    }
}

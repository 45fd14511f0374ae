using System.Diagnostics;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Confinement;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.Media;

/// <summary>
/// How much one run of a tool may take. CPU time is limited as the time on the clock is, and memory by the sandbox.
/// </summary>
internal sealed record MediaLimits(TimeSpan WallMax, long OutputBytesMax);

/// <summary>What came of a run: how the tool ended, and the end of what it said.</summary>
internal sealed record MediaRun(int ExitCode, string StderrTail);

/// <summary>
/// Runs ffmpeg and ffprobe on files of strangers, and fpcalc on what came out: only the formats and codecs we take, no
/// protocol but local files, no network, no file but the one in work, nothing of other processes, limits on everything,
/// an empty environment (our secrets stay ours), and an end by force when time is up or the caller cancels. <see
/// cref="Cell"/> puts it around the tool, and where it cannot the tool does not begin.
/// </summary>
internal sealed class MediaSandbox
{
    /// <summary>How much of a tool's last words is kept.</summary>
    internal const int StderrCharsKept = 16 * 1024;

    private const string Formats = "mp3,aac,mov,flac,wav,aiff,ogg";
    private const string Codecs =
        "mp3,mp3float,aac,aac_fixed,alac,flac,vorbis,opus,libopus,libvorbis,pcm_u8,pcm_s8,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,"
        + "pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,pcm_f64le,pcm_f64be,pcm_mulaw,pcm_alaw";

    private const string Pictures = "mjpeg,png,bmp,gif,webp,tiff";

    /// <summary>What is drawn anew is less than what may stand beside a sound.</summary>
    private static readonly string[] DrawnRules =
    [
        "-hide_banner",
        "-protocol_whitelist",
        "file",
        "-format_whitelist",
        "jpeg_pipe,png_pipe,webp_pipe,gif",
        "-codec_whitelist",
        "mjpeg,png,webp,gif",
    ];

    /// <summary>Stand before the input: they hold for it, and nothing else is opened.</summary>
    private static readonly string[] InputRules =
    [
        "-hide_banner",
        "-protocol_whitelist",
        "file,pipe",
        "-format_whitelist",
        Formats,
        "-codec_whitelist",
        Codecs,
    ];

    private static readonly string[] Tools = ["ffmpeg", "ffprobe", "fpcalc"];
    private const long MemoryBytesDefault = 1L << 30;
    private readonly string _ffmpeg,
        _ffprobe,
        _fpcalc;
    private readonly long _memoryBytesMax;

    private MediaSandbox(
        string ffmpeg,
        string ffprobe,
        string fpcalc,
        long memoryBytesMax,
        MediaProtections protections
    ) =>
        (_ffmpeg, _ffprobe, _fpcalc, _memoryBytesMax, Protections) = (
            ffmpeg,
            ffprobe,
            fpcalc,
            memoryBytesMax,
            protections
        );

    /// <summary>What is in force on this machine, for the role to print at start.</summary>
    internal MediaProtections Protections { get; }

    internal static bool IsInstalled => Array.TrueForAll(Tools, tool => ToolPath.Find(tool) is not null);

    /// <summary>
    /// With what this machine has. Throws <see cref="MediaUnprotectedException"/> when more is required.
    /// </summary>
    internal static async Task<MediaSandbox> Open(Settings settings)
    {
        var protections = await MediaProtections.Known;
        if (protections.Lacks(settings.Media) is { Count: > 0 } lacks)
            throw new MediaUnprotectedException(lacks);
        return In(protections, (long)settings.Worker.ToolMemoryMib << 20);
    }

    /// <summary>With what this machine has, whatever that is.</summary>
    internal static async Task<MediaSandbox> Detect(CancellationToken ct) =>
        In(await MediaProtections.Known.WaitAsync(ct));

    /// <summary>With given protections, and perhaps another program in each tool's place.</summary>
    internal static MediaSandbox In(
        MediaProtections protections,
        long memoryBytesMax = MemoryBytesDefault,
        string? tool = null
    )
    {
        return new MediaSandbox(Tool("ffmpeg"), Tool("ffprobe"), Tool("fpcalc"), memoryBytesMax, protections);

        string Tool(string name) => tool ?? ToolPath.Require(name);
    }

    internal Task<MediaRun> Probe(
        MediaWork work,
        string[] arguments,
        MediaLimits limits,
        Func<Stream, CancellationToken, Task> readOutput,
        CancellationToken ct
    ) =>
        // The probe opens a decoder for each stream, without using it, and gives up where it may not: a cover picture's
        // may be opened, no video's.
        Run(
            _ffprobe,
            work,
            [.. InputRules, "-codec_whitelist:v", $"{Codecs},{Pictures}", .. arguments],
            limits,
            readOutput,
            ct
        );

    /// <summary><paramref name="readOutput"/> reads the tool's standard output to its end while it runs.</summary>
    internal Task<MediaRun> Encode(
        MediaWork work,
        string[] arguments,
        MediaLimits limits,
        Func<Stream, CancellationToken, Task>? readOutput,
        CancellationToken ct
    ) => Run(_ffmpeg, work, ["-nostdin", "-y", .. InputRules, .. arguments], limits, readOutput, ct);

    /// <summary>Draws a picture anew: the readers and decoders of pictures that we take, and no others.</summary>
    internal Task<MediaRun> Draw(MediaWork work, string[] arguments, MediaLimits limits, CancellationToken ct) =>
        Run(_ffmpeg, work, ["-nostdin", "-y", .. DrawnRules, .. arguments], limits, null, ct);

    /// <summary>
    /// Prints samples that we have decoded: fpcalc opens no file, and nothing of a stranger's but the sound itself
    /// reaches it.
    /// </summary>
    internal Task<MediaRun> Print(
        MediaWork work,
        FingerprintClip clip,
        MediaLimits limits,
        Func<Stream, CancellationToken, Task> readOutput,
        CancellationToken ct
    ) =>
        Run(
            _fpcalc,
            work,
            [
                "-raw",
                "-signed",
                "-plain",
                "-length",
                $"{Fingerprint.SecondsMax}",
                "-format",
                "s16le",
                "-rate",
                $"{clip.RateHz}",
                "-channels",
                "1",
                "-",
            ],
            limits,
            readOutput,
            ct,
            clip.Pcm
        );

    private async Task<MediaRun> Run(
        string tool,
        MediaWork work,
        string[] arguments,
        MediaLimits limits,
        Func<Stream, CancellationToken, Task>? readOutput,
        CancellationToken ct,
        ReadOnlyMemory<byte> input = default
    )
    {
        HeldConnections.MustBeNone("a media tool");
        work.HandTo(Protections.Rules.UserId);
        string[] words =
        [
            .. Protections.Wrapper,
            .. OwnProgram.Words,
            .. Rules(work, limits).Words(),
            tool,
            .. arguments,
        ];
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
        if (deadline.IsCancellationRequested)
            throw new AudioRefused(AudioFault.TooSlow, $"killed after {limits.WallMax.TotalSeconds:0} s");
        return new MediaRun(code, tail.ToString());

        async Task ReadOutput()
        {
            try
            {
                await (
                    readOutput?.Invoke(process.StandardOutput.BaseStream, deadline.Token)
                    ?? process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, deadline.Token)
                );
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

    private CellRules Rules(MediaWork work, MediaLimits limits) =>
        Protections.Rules with
        {
            Folder = Protections.Rules.Folder is null ? null : work.Directory,
            ParentId = Environment.ProcessId,
            MemoryBytesMax = _memoryBytesMax,
            FileBytesMax = limits.OutputBytesMax,
            CpuSecondsMax = (long)Math.Ceiling(limits.WallMax.TotalSeconds),
        };

    /// <summary>
    /// With an environment of named variables: the tool's, and what our own program needs under the JIT.
    /// </summary>
    internal static ProcessStartInfo StartOf(string[] words, string directory)
    {
        var start = new ProcessStartInfo(ToolPath.Find(words[0]) ?? words[0], words[1..])
        {
            WorkingDirectory = directory,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = ToolPath.Search;
        start.Environment["LC_ALL"] = "C";
        start.Environment["AV_LOG_FORCE_NOCOLOR"] = "1";
        // A socket for debuggers would stay behind in the temporary directory.
        if (!OwnProgram.IsNative)
            start.Environment["DOTNET_EnableDiagnostics"] = "0";
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

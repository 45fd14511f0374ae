using Veza.Infrastructure.Texts;

namespace Veza.Infrastructure.Media;

/// <summary>
/// Whose fault a failed run is: the machine's may pass and is tried again, the file's is told to its uploader.
/// </summary>
internal static class MediaRunVerdict
{
    // 128 + the signal: hang-up, interrupt, kill (the out-of-memory killer too) and terminate come from outside; 24 is
    // the CPU limit. Crashes are the file's doing.
    private static readonly int[] KilledFromOutside = [129, 130, 137, 143];
    private const int CpuLimitReached = 152;
    private const int LinesShown = 3,
        LineCharsMax = 120;

    private static readonly string[] OfTheMachine = ["No space left on device", "Disk quota exceeded"];
    private static readonly string[] OfTheWrapping = ["unshare: ", Confinement.Cell.Says];

    /// <summary>An I/O fault when the machine failed, else the refusal.</summary>
    internal static Exception Failure(MediaRun run, AudioFault otherwise)
    {
        var said = LastLines(run.StderrTail);
        if (
            Array.Exists(OfTheMachine, run.StderrTail.Contains)
            || Array.Exists(OfTheWrapping, run.StderrTail.StartsWith)
            || run.ExitCode is 126 or 127
        )
            return new IOException($"The media tool could not do its work here: {said}");
        if (KilledFromOutside.Contains(run.ExitCode))
            return new IOException($"The media tool was killed (exit {run.ExitCode}): {said}");
        if (run.ExitCode == CpuLimitReached)
            return new AudioRefused(AudioFault.TooSlow, said);
        return new AudioRefused(otherwise, said);
    }

    /// <summary>The last lines of a tool's words, none of them long.</summary>
    internal static string LastLines(string text) =>
        string.Join(
            " | ",
            text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .TakeLast(LinesShown)
                .Select(line => TextCut.OfRecord(line, LineCharsMax))
        );
}

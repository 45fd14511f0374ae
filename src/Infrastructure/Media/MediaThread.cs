using System.Diagnostics;

namespace Veza.Infrastructure.Media;

/// <summary>
/// Gives each child process a thread of its own that starts it and waits for its end. The kernel's "die with your
/// parent" means the thread that forked: were it one of the pool, a retiring pool thread would take a healthy child
/// with it.
/// </summary>
internal static class MediaThread
{
    /// <summary>Ends when the process has started; the inner task when it has ended, with its exit code.</summary>
    internal static Task<Task<int>> Start(Process process)
    {
        var started = new TaskCompletionSource<Task<int>>(TaskCreationOptions.RunContinuationsAsynchronously);
        var ended = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => StartAndWait(process, started, ended), maxStackSize: 256 * 1024)
        {
            IsBackground = true,
            Name = "media tool",
        }.Start();
        return started.Task;
    }

    private static void StartAndWait(
        Process process,
        TaskCompletionSource<Task<int>> started,
        TaskCompletionSource<int> ended
    )
    {
        try
        {
            process.Start();
        }
        catch (Exception cause)
        {
            started.SetException(cause);
            return;
        }

        started.SetResult(ended.Task);
        try
        {
            process.WaitForExit();
            ended.SetResult(process.ExitCode);
        }
        catch (Exception cause)
        {
            ended.SetException(cause);
        }
    }
}

/// <summary>Reads a text to its end and keeps only the last of it.</summary>
internal sealed class TextTail(int charsKept)
{
    private readonly char[] _ring = new char[charsKept];
    private long _written;

    internal async Task Read(TextReader reader)
    {
        var buffer = new char[4096];
        for (int count; (count = await reader.ReadAsync(buffer)) > 0; )
        {
            foreach (var c in buffer.AsSpan(0, count))
                _ring[_written++ % charsKept] = c;
        }
    }

    public override string ToString()
    {
        var count = (int)Math.Min(_written, charsKept);
        return string.Create(
            count,
            this,
            static (text, tail) =>
            {
                for (var i = 0; i < text.Length; i++)
                    text[i] = tail._ring[(tail._written - text.Length + i) % tail._ring.Length];
            }
        );
    }
}

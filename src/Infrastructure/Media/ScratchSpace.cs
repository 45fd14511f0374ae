using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Jobs;

namespace Veza.Infrastructure.Media;

/// <summary>
/// The room that this process's files in work have, for one and for all together. Whoever finds none waits rather than
/// fails: <see cref="JobPostponedException"/>. A file that needs more than a file may have is refused.
/// </summary>
internal sealed class ScratchSpace(string folder, long bytesMax, long perJobBytesMax)
{
    /// <summary>Left to the rest of the machine.</summary>
    internal const long SpareBytes = 64L << 20;

    private static readonly TimeSpan WaitFor = TimeSpan.FromSeconds(10);
    private readonly Lock gate = new();

    internal long TakenBytes { get; private set; }

    internal static ScratchSpace Of(WorkerSettings settings) =>
        new(
            settings.Scratch,
            settings.ScratchMib == 0 ? long.MaxValue : (long)settings.ScratchMib << 20,
            (long)settings.ScratchPerJobMib << 20
        );

    /// <summary>
    /// Throws <see cref="JobPostponedException"/> or <see cref="AudioRefused"/>. Disposing it gives the room back.
    /// </summary>
    internal ScratchRoom Take(long bytes)
    {
        var room = new ScratchRoom(this);
        room.Grow(bytes);
        return room;
    }

    internal void Add(long bytes, long already)
    {
        if (bytes + already > Math.Min(perJobBytesMax, bytesMax))
            throw new AudioRefused(AudioFault.TooLarge, $"{(bytes + already) >> 20} MiB of scratch");
        Directory.CreateDirectory(folder);
        lock (gate)
        {
            if (bytes > bytesMax - TakenBytes)
                throw new JobPostponedException(
                    $"The scratch folder has no room for {bytes >> 20} MiB more: {TakenBytes >> 20} MiB are in "
                        + $"use by other jobs.",
                    WaitFor
                );
            var free = new DriveInfo(folder).AvailableFreeSpace - SpareBytes;
            // What was promised to others they may have written already, or not: counted as not.
            if (bytes > free - (TakenBytes - already))
                throw new JobPostponedException(
                    $"The disk of the scratch folder has no room for {bytes >> 20} MiB more: {free >> 20} MiB "
                        + $"are free.",
                    WaitFor
                );
            TakenBytes += bytes;
        }
    }

    internal void Free(long bytes)
    {
        lock (gate)
            TakenBytes -= bytes;
    }
}

/// <summary>One job's part of the scratch.</summary>
internal sealed class ScratchRoom(ScratchSpace space) : IDisposable
{
    private long bytes;

    internal void Grow(long more)
    {
        space.Add(more, bytes);
        bytes += more;
    }

    public void Dispose()
    {
        space.Free(bytes);
        bytes = 0;
    }
}

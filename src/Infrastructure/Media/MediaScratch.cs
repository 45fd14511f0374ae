using System.Globalization;
using Veza.Infrastructure.Configuration;

namespace Veza.Infrastructure.Media;

/// <summary>
/// Where this process has its files in work: a folder named by its number, so that the next process can tell what a
/// killed one left.
/// </summary>
internal static class MediaScratch
{
    internal static string Of(Settings settings) =>
        Path.Combine(settings.Worker.Scratch, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));

    /// <summary>
    /// Removes the folders of processes that are no more, and says which. A new process may have the number of a dead
    /// one, so our own is cleared too.
    /// </summary>
    internal static List<string> Clear(Settings settings)
    {
        List<string> cleared = [];
        Directory.CreateDirectory(settings.Worker.Scratch);
        foreach (var folder in Directory.EnumerateDirectories(settings.Worker.Scratch))
        {
            if (
                !int.TryParse(Path.GetFileName(folder), out var process)
                || process != Environment.ProcessId && Directory.Exists($"/proc/{process}")
            )
                continue;
            Directory.Delete(folder, recursive: true);
            cleared.Add(folder);
        }

        return cleared;
    }
}

using System.Globalization;
using System.Runtime.InteropServices;

namespace Veza.Bench.Load;

/// <summary>A table of results, printed and kept under bench/results/ with the machine it was made on.</summary>
internal sealed class Report(string name, string command, params string[] columns)
{
    private readonly List<string> lines =
    [
        $"| {string.Join(" | ", columns)} |",
        $"|{string.Concat(columns.Select(_ => "---|"))}",
    ];

    internal void Row(params object[] cells)
    {
        var line =
            $"| {string.Join(" | ", cells.Select(c => string.Format(CultureInfo.InvariantCulture, c is double ? "{0:0.0}" : "{0}", c)))} |";
        lines.Add(line);
        Console.WriteLine(line);
    }

    internal async Task Save(string? remark = null)
    {
        Directory.CreateDirectory("bench/results");
        var head =
            $"# {name}\n\n`{command}`, {DateTime.UtcNow:yyyy-MM-dd}, {Environment.ProcessorCount} cores, "
            + $"{RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}\n\n";
        await File.WriteAllTextAsync(
            $"bench/results/{name}.md",
            head + string.Join('\n', lines) + "\n" + (remark is null ? "" : $"\n{remark}\n")
        );
        Console.WriteLine($"kept in bench/results/{name}.md");
    }
}

/// <summary>How long single calls took, and how many failed.</summary>
internal sealed class Timings
{
    private readonly List<double> ms = [];

    internal int Errors { get; private set; }

    internal int Count => ms.Count;

    internal void Add(double milliseconds, bool good)
    {
        lock (ms)
        {
            ms.Add(milliseconds);
            if (!good)
                Errors++;
        }
    }

    internal double Percentile(double share)
    {
        ms.Sort();
        return ms.Count == 0 ? double.NaN : ms[(int)Math.Min(ms.Count - 1, share * ms.Count)];
    }
}

using System.Diagnostics;
using System.Text;
using Veza.Tests.Harness;

namespace Veza.Tests.Tour;

/// <summary>The README's tour, typed exactly as it is written.</summary>
public sealed class ReadmeTourTests(VezaServer server) : IClassFixture<VezaServer>
{
    [Fact]
    public async Task Every_line_of_the_tour_is_true()
    {
        var lines = Blocks(await File.ReadAllLinesAsync(Surroundings.PathOf("README.md")));
        Assert.Contains("VEZA=http://localhost:8080", lines);
        Assert.True(lines.Length > 10);

        var folder = Directory.CreateTempSubdirectory("veza-tour-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, ".veza/demo"));
            File.Copy(await Sounds.Notes("night-bus.wav", 12), Path.Combine(folder, ".veza/demo/night-bus.wav"));
            CopyFolder(Surroundings.PathOf("examples"), Path.Combine(folder, "examples"));
            var script = new StringBuilder("set -euo pipefail\n");
            foreach (var line in lines)
                script.AppendLine(line.Replace("http://localhost:8080", server.Address, StringComparison.Ordinal));
            await File.WriteAllTextAsync(Path.Combine(folder, "tour.sh"), script.ToString());
            var run = (
                await VezaProgram.Run(new ProcessStartInfo("bash", ["tour.sh"]) { WorkingDirectory = folder })
            ).Succeeds();

            Assert.Contains("ready 100%", run.Errors + run.Output, StringComparison.Ordinal);
            Assert.Contains("Night Bus by", run.Output, StringComparison.Ordinal);
            Assert.Contains("#EXT-X-STREAM-INF", run.Output, StringComparison.Ordinal);
            Assert.Contains("HTTP/1.1 206", run.Output, StringComparison.Ordinal);
            Assert.Contains("You are in", run.Output, StringComparison.Ordinal);
            Assert.Contains("2  davor: Playing it now", run.Output, StringComparison.Ordinal);
            Assert.Contains("2 davor: Playing it now", run.Output, StringComparison.Ordinal);
            Assert.Contains("SCOPE_MISSING: This needs the permission chat:read", run.Output, StringComparison.Ordinal);
            Assert.Contains("from 127.0.0.1, signed in by password", run.Output, StringComparison.Ordinal);
            Assert.Contains(" api_key.created", run.Output, StringComparison.Ordinal);
            Assert.EndsWith("Signed out", run.Output.TrimEnd(), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string[] Blocks(string[] readme)
    {
        var (inTour, inBlock, lines) = (false, false, new List<string>());
        foreach (var line in readme)
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
                inTour = line == "## A tour";
            if (line.StartsWith("```", StringComparison.Ordinal))
                inBlock = inTour && line == "```bash";
            else if (inBlock)
                lines.Add(line);
        }

        return [.. lines];
    }

    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }
}

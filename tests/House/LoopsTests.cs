using System.Text.RegularExpressions;
using Veza.Features.Tracks.Processing;
using Veza.Features.Uploads;
using Veza.Infrastructure.Cli;
using Veza.Infrastructure.Health;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Loops;
using Veza.Infrastructure.Media;
using Veza.Infrastructure.Realtime;
using Veza.Infrastructure.Security;
using Veza.Tests.Harness;

namespace Veza.Tests.House;

/// <summary>Whatever goes on in the background goes through one noun, which outlives every failure.</summary>
public sealed partial class LoopsTests
{
    private const string Noun = "Infrastructure/Loops/Loop.cs";

    /// <summary>A background service with another end than its token. It only shrinks.</summary>
    private static readonly Dictionary<string, string> WithoutNoun = new()
    {
        ["Infrastructure/Health/Warmup.cs"] =
            "tries until it is ready once, and ends the process where no try can help",
    };

    /// <summary>
    /// Loops that wait and are of one request, one job or one round, and throw to whoever began them. It only shrinks.
    /// </summary>
    private static readonly Dictionary<string, string> OfOne = new()
    {
        ["Features/Auth/SessionRotation.cs"] = "looks at one refresh token",
        ["Features/Chat/Messages/MessageRetention.cs"] = "batches of one round",
        ["Features/Notifications/Pushes/WithdrawNotifications.cs"] = "pages of one job",
        ["Features/Notifications/Pushes/NotifyOfMessage.cs"] = "pages of one job",
        ["Features/Notifications/ReadNotifications.cs"] = "batches of one request",
        ["Features/Playlists/PlaylistOrder.cs"] = "tries of one request",
        ["Features/Tracks/Processing/WatchTrack.cs"] = "events of one request",
        ["Features/Uploads/JoinParts.cs"] = "bytes of one job",
        ["Features/Uploads/UploadHold.cs"] = "the lease of one request, which hears that it is lost",
        ["Features/Uploads/UploadWriter.cs"] = "bytes of one request",
        ["Infrastructure/Events/EventDispatcher.cs"] = "news of one listening connection, begun anew by its loop",
        ["Infrastructure/Http/MultipartForm.cs"] = "parts of one form",
        ["Infrastructure/Jobs/JobWorker.cs"] = "news of one listening connection, begun anew by its loop",
        ["Infrastructure/Jobs/Upkeep.cs"] = "batches of one round",
        ["Infrastructure/Limits/Limits.cs"] = "tries of one request",
        ["Infrastructure/Media/AudioProbe.cs"] = "lines of one tool",
        ["Infrastructure/Media/PictureStudio.cs"] = "parts of one form",
        ["Infrastructure/Realtime/FrameReader.cs"] = "frames of one socket",
        ["Infrastructure/Security/Revocations.cs"] = "news of one listening connection, begun anew by its loop",
        ["Infrastructure/Security/SealedColumn.cs"] = "pages of one run of a verb",
    };

    [Fact]
    public void Every_background_service_goes_through_the_loop()
    {
        var services = SourceTree.Files(".", "*.cs").Where(f => ServicePattern().IsMatch(f.Text)).ToArray();
        Assert.True(services.Length >= 15, $"Only {services.Length} background services were found.");
        Assert.Equal(
            WithoutNoun.Keys.Order(StringComparer.Ordinal),
            services.Where(f => !LoopPattern().IsMatch(f.Text)).Select(f => f.Path)
        );
    }

    [Fact]
    public void Timers_tick_in_the_loop_alone()
    {
        var ticking = SourceTree
            .Files(".", "*.cs")
            .Where(f => f.Text.Contains("new PeriodicTimer(", StringComparison.Ordinal))
            .Select(f => f.Path)
            .ToArray();
        Assert.Contains(Noun, ticking);
        Assert.Equal(["Features/Uploads/UploadHold.cs", Noun], ticking);
    }

    [Fact]
    public void Loops_that_wait_are_the_noun_or_of_one_request()
    {
        var waiting = SourceTree.Files(".", "*.cs").Where(f => WaitsInLoop(f)).Select(f => f.Path).ToArray();
        Assert.Contains(Noun, waiting);
        Assert.Equal(OfOne.Keys.Append(Noun).Order(StringComparer.Ordinal), waiting);
    }

    /// <summary>Whether a while or an endless for awaits, in its condition or its body.</summary>
    private static bool WaitsInLoop(SourceFile file)
    {
        var lines = file.Lines;
        for (var at = 0; at < lines.Length; at++)
        {
            if (!WhilePattern().IsMatch(lines[at]))
                continue;
            if (lines[at].Contains("await ", StringComparison.Ordinal))
                return true;
            if (lines[at].TrimEnd().EndsWith(';'))
                continue;
            var indent = lines[at].Length - lines[at].TrimStart().Length;
            foreach (
                var body in lines
                    .Skip(at + 1)
                    .TakeWhile(l => l.Length == 0 || l.Length - l.TrimStart().Length > indent || l.Trim() is "{")
            )
                if (body.Contains("await ", StringComparison.Ordinal))
                    return true;
        }

        return false;
    }

    [GeneratedRegex(@"\bclass \w+[^{;]*: BackgroundService\b")]
    private static partial Regex ServicePattern();

    [GeneratedRegex(@"\bLoop\.(Run|Every|UntilDone)\(")]
    private static partial Regex LoopPattern();

    [GeneratedRegex(@"^\s*(?:else )?while \(")]
    private static partial Regex WhilePattern();
}

using System.Text.RegularExpressions;
using Veza.Infrastructure.Cli;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Media;
using Veza.Infrastructure.Realtime;
using Veza.Infrastructure.Security;
using Veza.Tests.Harness;

namespace Veza.Tests.House;

/// <summary>
/// What all people share, nobody takes whole: slots of the process go through
/// <see cref="Veza.Infrastructure.Limits.FairSlots"/>.
/// </summary>
public sealed partial class SharedSlotsTests
{
    /// <summary>Bounded things that are no slots of everybody's, and why.</summary>
    private static readonly Dictionary<string, string> Others = new()
    {
        ["Infrastructure/Jobs/JobWorker.cs"] = "runs of jobs: whose turn it is, JobClaims says by lanes",
        ["Infrastructure/Events/EventDispatcher.cs"] = "a wake that stands for all: nobody waits for it",
        ["Infrastructure/Security/AccessTokens.cs"] = "a hint that may be dropped: nobody waits for it",
        ["Infrastructure/Batching/Gathering.cs"] =
            "a room's line; of one person no more wait than MessagePosts lets in",
        ["Features/Auth/OAuth/Remembered.cs"] = "a lock around what is fetched once for all",
        ["Features/Auth/PasswordHasher.cs"] = "the line before the threads; FairSlots stands before it",
        ["Features/Chat/Messages/ReadReceipts.cs"] =
            "one entry for each person and room, and what does not fit is told later",
        ["Features/Tracks/Processing/TrackWatches.cs"] = "the newest state of one watcher",
        ["Features/Uploads/StorageQuota.cs"] = "a number for each account",
        ["Features/Uploads/UploadJoin.cs"] = "a number for each account",
        ["Infrastructure/Batching/OneAtATime.cs"] = "the noun of a lock: those who meet at it are told by its owner",
        ["Features/Uploads/UploadQueue.cs"] = "a lock around a look that all share, and a number for each account",
    };

    /// <summary>Where people meet at slots that all share.</summary>
    private static readonly string[] Fair =
    [
        "Features/Auth/PasswordHasher.cs",
        "Features/Chat/Messages/AttachmentsUnderWay.cs",
        "Features/Chat/Messages/MessagePosts.cs",
        "Features/Tracks/Processing/TrackWatches.cs",
        "Infrastructure/Http/ConnectionShares.cs",
        "Infrastructure/Limits/Limits.cs",
        "Infrastructure/Media/PictureStudio.cs",
        "Infrastructure/Realtime/SocketWatch.cs",
    ];

    private static readonly SourceFile[] Sources =
    [
        .. SourceTree.Files(".", "*.cs").Select(file => file with { Path = file.Path.TrimStart('.', '/') }),
    ];

    [Fact]
    public void Each_slot_that_all_share_has_a_share_for_each() =>
        Assert.Equal(
            Fair.Order(StringComparer.Ordinal),
            Sources.Where(file => Making().IsMatch(file.Text)).Select(file => file.Path).Order(StringComparer.Ordinal)
        );

    [Fact]
    public void Nothing_else_bounds_what_many_do_at_once()
    {
        var found = Sources.Where(file => Bound().IsMatch(file.Text)).Select(file => file.Path).ToArray();
        Assert.Empty(found.Except(Others.Keys));
        Assert.Empty(Others.Keys.Except(found));
    }

    [GeneratedRegex(@"new FairSlots\(|\bFairSlots \w+ = new\(")]
    private static partial Regex Making();

    [GeneratedRegex(
        @"\bSemaphoreSlim\b|\bBlockingCollection\b|\bCreateBounded\b|\bConcurrencyLimiter\b|(>=|<|>) *[\w.]*([Ww]aitingMax|NodeMax|QueueMax|SlotsMax)\b|\bMaxConnectionsPerServer\b"
    )]
    private static partial Regex Bound();
}

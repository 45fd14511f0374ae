using System.Text.RegularExpressions;
using Veza.Tests.Harness;

namespace Veza.Tests.House;

/// <summary>Assertions that could not fail are found before they have held for years.</summary>
public sealed partial class HonestTestsTests
{
    /// <summary>Answers of which either is right, and why.</summary>
    private static readonly Dictionary<string, string> EitherIsRight = new()
    {
        ["Features/Chat/Realtime/FrozenPostgresTests.cs"] =
            "what is said while PostgreSQL is frozen is stored or refused, never neither",
        ["Features/Chat/Realtime/ChaosTests.cs"] = "the long form alone has a bound in time",
    };

    /// <summary>
    /// Where a clock may be asserted on, because no load can break it, and why. The list only shrinks.
    /// </summary>
    private static readonly Dictionary<string, string> ByTheClock = new()
    {
        ["Features/Chat/Realtime/EndsTests.cs"] = "not before its time: a slow machine only makes it later",
        ["Features/Chat/Realtime/FramingTests.cs"] = "the deadline of what never ends",
        ["Features/Chat/Presence/PresenceTests.cs"] =
            "not before its time, and no more than fits into the time that passed, however long that was",
    };

    /// <summary>Loops that end by something else than a deadline of their own, and by what.</summary>
    private static readonly Dictionary<string, string> EndsByItself = new()
    {
        ["Harness/Eventually.cs"] = "it is the deadline",
        ["Harness/ChatSocket.cs"] = "the socket's end",
        ["Harness/RawSocket.cs"] = "the read's deadline",
        ["Harness/VezaServer.cs"] = "the server's start, which has a deadline",
        ["Harness/FaultProxy.cs"] = "the line's end",
        ["Harness/LostCommits.cs"] = "the end of its listener",
        ["Harness/WireAnswer.cs"] = "the connection's end, and the read's deadline",
        ["Features/Chat/Realtime/OutputTests.cs"] = "the read's deadline",
        ["Features/Chat/Realtime/OldRedis.cs"] = "the end of its listener",
        ["Features/Chat/Realtime/Listener.cs"] = "the end of its socket",
        ["Features/Chat/Realtime/ManyNodesTests.cs"] = "the end of her node, which is killed",
        ["Features/Chat/Realtime/EndsTests.cs"] = "the end of the server, which is stopped",
        ["Features/Chat/Presence/PresenceTests.cs"] = "it counts its tries",
        ["Features/Auth/RotationModelTests.cs"] = "an answer that is heard, at odds of three to one each time",
    };

    private static (string Path, string Text)[] Tests()
    {
        var root = Surroundings.PathOf("tests");
        (string, string)[] files =
        [
            .. Directory
                .EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(root, path))
                .Where(path =>
                    !path.StartsWith("bin/", StringComparison.Ordinal)
                    && !path.StartsWith("obj/", StringComparison.Ordinal)
                    && path != "Harness/Each.cs"
                    && path != $"House/{nameof(HonestTestsTests)}.cs"
                )
                .Order(StringComparer.Ordinal)
                .Select(path => (path, File.ReadAllText(Path.Combine(root, path)))),
        ];
        Assert.True(files.Length > 150);
        return files;
    }

    private static string[] Matching(Regex pattern, Dictionary<string, string>? allowed = null) =>
        [
            .. from file in Tests()
            where allowed?.ContainsKey(file.Path) is not true
            from Match found in pattern.Matches(file.Text)
            select $"{file.Path}:{file.Text.AsSpan(0, found.Index).Count('\n') + 1} {found.Value}",
        ];

    [Fact]
    public void Nothing_is_said_of_each_of_no_things() => Assert.Empty(Matching(AllPattern()));

    [Fact]
    public void Nothing_that_is_asserted_may_be_one_thing_or_another()
    {
        Each.Of(
            EitherIsRight.Keys,
            path => Assert.Contains(Tests(), file => file.Path == path && EitherPattern().IsMatch(file.Text))
        );
        Assert.Empty(Matching(EitherPattern(), EitherIsRight));
    }

    [Fact]
    public void Nothing_is_asserted_by_the_clock()
    {
        Each.Of(
            ByTheClock.Keys,
            path => Assert.Contains(Tests(), file => file.Path == path && ClockPattern().IsMatch(file.Text))
        );
        Assert.Empty(Matching(ClockPattern(), ByTheClock));
    }

    [Fact]
    public void No_test_tries_again_without_an_end()
    {
        Each.Of(
            EndsByItself.Keys,
            path => Assert.Contains(Tests(), file => file.Path == path && EndlessPattern().IsMatch(file.Text))
        );
        Assert.Empty(Matching(EndlessPattern(), EndsByItself));
    }

    [GeneratedRegex(@"\bAssert\.All(Async)?\(")]
    private static partial Regex AllPattern();

    [GeneratedRegex(@"\bAssert\.(True|False)\([^;]*?\|\|")]
    private static partial Regex EitherPattern();

    [GeneratedRegex(@"\bAssert\.\w+\([^;]*?\b(Stopwatch\b|\w*Elapsed)")]
    private static partial Regex ClockPattern();

    [GeneratedRegex(@"\bwhile \(true\)|\bfor \([^;]*; ?;")]
    private static partial Regex EndlessPattern();
}

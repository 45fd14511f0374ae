using System.Reflection;
using System.Text.RegularExpressions;
using Veza.Features.Auth;
using Veza.Features.Tracks;
using Veza.Features.Tracks.Covers;
using Veza.Features.Tracks.Revisions;
using Veza.Infrastructure.Cli;
using Veza.Infrastructure.Postgres;
using Veza.Tests.Features.Chat.Rooms;
using Veza.Tests.Harness;

namespace Veza.Tests.House;

/// <summary>
/// A statement that waits for a row goes on with the newest version of that row, and with everything that it joined as
/// it was before. So none gives back what it joined, unless that was locked first; and a session begins in one place,
/// which wants the account held.
/// </summary>
public sealed partial class NewestRowTests
{
    /// <summary>Where what is joined may be given back, and why.</summary>
    private static readonly Dictionary<string, string> Known = new()
    {
        ["Features/Users/Avatars/RemoveAvatar.cs: before"] = Locked,
        ["Features/Users/Avatars/SetAvatar.cs: before"] = Locked,
        ["Features/Chat/Messages/ReadMarks.cs: before"] = Locked,
        ["Features/Tracks/Covers/NewCover.cs: before"] = Locked,
        ["Features/Tracks/Covers/RemoveCover.cs: before"] = Locked,
        ["Features/Tracks/Withdrawals.cs: before"] = Locked,
        ["Features/Notifications/Pushes/SendPush.cs: n"] = "the owner of a notification never changes",
        ["Features/Tracks/Revisions/TrackRevisions.cs: t"] = "a track's storage prefix never changes",
    };

    private const string Locked = "it is locked in a step of its own, and so the newest";

    [Fact]
    public void No_update_gives_back_what_it_joined()
    {
        var files = SourceTree.Files(".", "*.cs").Concat(SourceTree.Files(".", "*.sql")).ToArray();
        Assert.True(files.Sum(f => UpdatePattern().Count(f.Text)) > 20);
        var found = (
            from file in files
            from Match update in UpdatePattern().Matches(file.Text)
            from Match joined in JoinedPattern().Matches(update.Groups["from"].Value.Trim())
            let alias = (joined.Groups["alias"].Success ? joined.Groups["alias"] : joined.Groups["table"]).Value
            where IsGivenBack(alias, update.Groups["returning"].Value)
            select (file, Place: $"{file.Path}: {alias}")
        )
            .Distinct()
            .ToArray();
        Assert.Equal(
            Known.Keys.Order(StringComparer.Ordinal),
            found.Select(f => f.Place).Order(StringComparer.Ordinal)
        );
        Each.Of(
            found.Where(f => Known[f.Place] == Locked),
            f => Assert.Matches(@"before as \([^;""]*?\bfor (no key )?update", f.file.Text)
        );
    }

    /// <summary>Columns of an account are known without their table's name.</summary>
    private static bool IsGivenBack(string alias, string returning) =>
        Regex.IsMatch(returning, $@"\b{Regex.Escape(alias)}\.")
        || (alias == "account" && AccountColumns().IsMatch(returning));

    [Fact]
    public void A_session_begins_in_one_place_and_of_an_account_that_is_held()
    {
        Assert.Equal(
            ["Features/Auth/Sessions.cs"],
            SourceTree
                .Files(".", "*.cs")
                .Where(f => f.Text.Contains("insert into session ", StringComparison.Ordinal))
                .Select(f => f.Path)
        );
        var begin = typeof(Sessions).GetMethod("Begin", BindingFlags.Instance | BindingFlags.NonPublic)!;
        Assert.Contains(begin.GetParameters(), p => p.ParameterType == typeof(LockedAccount));
    }

    [Fact]
    public void An_account_is_held_in_one_place()
    {
        var room = SourceTree
            .Files("Features/Auth", "*.cs")
            .Where(f => !f.Path.Contains("/Avatars/", StringComparison.Ordinal))
            .ToArray();
        Assert.Equal(
            4,
            Regex.Count(
                room.Single(f => f.Name == nameof(LockedAccount)).Text,
                @"\{Row\}[^""]* for (no key update|share)"
            )
        );
        // The clock lifts suspensions of those whom nobody holds just now.
        Assert.Empty(room.Where(f => LockPattern().IsMatch(f.Text)).Select(f => f.Path));
    }

    /// <summary>From an update to what it gives back, within one statement.</summary>
    [GeneratedRegex(
        @"\bupdate\s+\w+(?:\s+(?:as\s+)?\w+)?\s+set\b(?:(?!\bupdate\b|\breturning\b|\bfrom\b|"""""")[\s\S])*\bfrom\s+(?<from>(?:(?!\bwhere\b|\breturning\b|"""""")[\s\S])*)\bwhere\b"
            + @"(?:(?!\breturning\b|"""""")[\s\S])*\breturning\b(?<returning>(?:(?!""""""|^\s*\),?\s*$|^\s*\)[, ]|\binsert into\b|\bselect\b)[\s\S])*)",
        RegexOptions.Multiline
    )]
    private static partial Regex UpdatePattern();

    [GeneratedRegex(@"(?:^|,|\bjoin\b)\s*(?<table>\w+)(?:\s+(?:as\s+)?(?!join\b|on\b|left\b|cross\b)(?<alias>\w+))?")]
    private static partial Regex JoinedPattern();

    [GeneratedRegex(@"(?<![.\w])(?:username|roles|email|suspended_at|password_hash)\b")]
    private static partial Regex AccountColumns();

    [GeneratedRegex(@"from account\b[^""]*\bfor (?:no key update|update|share)(?! skip locked)")]
    private static partial Regex LockPattern();
}

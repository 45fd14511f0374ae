using System.Text.RegularExpressions;
using Veza.Tests.Harness;

namespace Veza.Tests.House;

/// <summary>
/// Once a commit was sent nobody but the sweeper removes objects, and it asks the database. Objects are removed in the
/// stores alone, for the sweeper alone; whoever has written some commits through their claim.
/// </summary>
public sealed partial class StorageRulesTests
{
    /// <summary>Where a store removes anything, and why.</summary>
    private static readonly Dictionary<string, string> Removers = new()
    {
        ["Infrastructure/ObjectStorage/StorageClaims.cs"] = "the sweeper",
        ["Infrastructure/ObjectStorage/DirectoryStore.cs"] =
            "the store itself, a draft whose writing failed, and the byte of its check",
        ["Infrastructure/ObjectStorage/S3Store.cs"] =
            "the store itself, parts of an upload that failed, and the byte of its check",
        ["Infrastructure/ObjectStorage/S3Drafts.cs"] =
            "tails that later parts hold, once what holds them is written down",
    };

    /// <summary>Files of this machine, which no row names.</summary>
    private static readonly string[] LocalFiles =
    [
        "Infrastructure/Media/MediaWork.cs",
        "Infrastructure/Media/MediaScratch.cs",
        "Infrastructure/Security/MasterKey.cs",
    ];

    [Fact]
    public void Objects_are_removed_by_the_sweeper_alone()
    {
        var files = SourceTree.Files(".", "*.cs");
        var removing = files
            .Where(f => RemovalPattern().IsMatch(f.Text))
            .Select(f => f.Path[(f.Path.StartsWith("./", StringComparison.Ordinal) ? 2 : 0)..])
            .Except(LocalFiles)
            .ToArray();
        Assert.Equal(Removers.Keys.Order(StringComparer.Ordinal), removing.Order(StringComparer.Ordinal));
        // Of the store's own removal, one call stands in the sweeper.
        Assert.Single(
            CallPattern()
                .Matches(
                    files.Single(f => f.Path.EndsWith("ObjectStorage/StorageClaims.cs", StringComparison.Ordinal)).Text
                )
        );
    }

    [Fact]
    public void Whoever_claims_commits_through_the_claim()
    {
        var claiming = SourceTree
            .Files("Features", "*.cs")
            .Where(f => f.Text.Contains("claims.Take(", StringComparison.Ordinal))
            .ToArray();
        Assert.True(claiming.Length >= 5);
        var users = SourceTree
            .Files("Features", "*.cs")
            .Where(f => f.Text.Contains("StorageClaim.Commit(", StringComparison.Ordinal))
            .Select(f => f.Name)
            .ToArray();
        // A cover is committed by who sets it.
        Assert.Empty(claiming.Select(f => f.Name).Except([.. users, "NewCover"]));
        Assert.Contains("SetCover", users);
        // Nobody else ends a claim, and what is abandoned is so by the claim itself.
        var ends = SourceTree
            .Files(".", "*.cs")
            .Where(f =>
                f.Text.Contains("delete from storage_claim", StringComparison.Ordinal)
                || AbandonPattern().IsMatch(f.Text)
            )
            .Select(f => f.Name);
        Assert.Equal(["StorageClaim", "StorageClaims"], ends.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_claim_knows_that_its_commit_is_sent_before_it_is()
    {
        var claim = SourceTree
            .Files("Infrastructure/ObjectStorage", "StorageClaim.cs")
            .Single(f => f.Name == "StorageClaim")
            .Text;
        var (sets, sends) = (
            claim.IndexOf("claim.IsSent = true", StringComparison.Ordinal),
            claim.IndexOf("UnknownCommitException.Commit(transaction)", StringComparison.Ordinal)
        );
        Assert.True(sets > 0 && sets < sends);
        Assert.DoesNotContain("CommitAsync", claim, StringComparison.Ordinal);
    }

    [GeneratedRegex(
        @"\.DeleteUnder\(|DeleteObjectAsync\(|AbortMultipartUploadAsync\(|File\.Delete\(|Directory\.Delete\("
    )]
    private static partial Regex RemovalPattern();

    [GeneratedRegex(@"store\.DeleteUnder\(")]
    private static partial Regex CallPattern();

    [GeneratedRegex(@"\bAbandon\(")]
    private static partial Regex AbandonPattern();
}

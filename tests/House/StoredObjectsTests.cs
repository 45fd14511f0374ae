using System.Text.RegularExpressions;
using Veza.Tests.Harness;

namespace Veza.Tests.House;

/// <summary>
/// The tests that touch stored objects carry a trait, and ./dev test --s3 runs those alone: the rest would say the same
/// twice.
/// </summary>
public sealed partial class StoredObjectsTests
{
    private const string Trait = "[Trait(\"Touches\", \"Objects\")]";

    /// <summary>Those that store something on their way to another subject. The list only shrinks.</summary>
    private static readonly string[] OnTheWay =
    [
        "Features/Auth/RevocationTests.cs",
        "Features/Operations/JobsTests.cs",
        "Features/Plays/PlaysTests.cs",
        "House/LimitRacesTests.cs",
        "Infrastructure/Configuration/MediaSettingsTests.cs",
        "Infrastructure/Http/DrainingTests.cs",
        "Infrastructure/Http/FormsTests.cs",
        "Infrastructure/Http/FuzzTests.cs",
        "Infrastructure/Limits/SharesTests.cs",
    ];

    [Fact]
    public void Tests_that_touch_stored_objects_say_so_and_no_others_do()
    {
        var root = Surroundings.PathOf("tests");
        var files = new[] { "Features", "House", "Infrastructure" }
            .SelectMany(f => Directory.EnumerateFiles(Path.Combine(root, f), "*Tests.cs", SearchOption.AllDirectories))
            .Where(path => !path.EndsWith($"{nameof(StoredObjectsTests)}.cs", StringComparison.Ordinal))
            .Select(path => (Path: Path.GetRelativePath(root, path), Text: File.ReadAllText(path)))
            .ToArray();
        Assert.True(files.Length > 150);
        var touching = files.Where(f => TouchPattern().IsMatch(f.Text)).Select(f => f.Path).ToArray();
        var saying = files.Where(f => f.Text.Contains(Trait, StringComparison.Ordinal)).Select(f => f.Path).ToArray();
        Assert.Equal(touching.Order(StringComparer.Ordinal), saying.Concat(OnTheWay).Order(StringComparer.Ordinal));
    }

    [GeneratedRegex(
        @"\.Upload(Track)?\(|\bTusUpload\b|\bStored(Objects|Sha256)\(|\bNothingIsStored\(|\bBucket\.|\bStores\.Open\b|/(cover|avatar)\b|/attachments\b"
    )]
    private static partial Regex TouchPattern();
}

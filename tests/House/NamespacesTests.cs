using System.Text.Json;
using System.Text.RegularExpressions;
using Veza.Tests.Harness;

namespace Veza.Tests.House;

/// <summary>A folder is a namespace, in src and in the tests that mirror it.</summary>
public sealed partial class NamespacesTests
{
    [Theory]
    [InlineData("src", "Veza")]
    [InlineData("tests", "Veza.Tests")]
    public void A_file_has_the_namespace_of_its_folder(string folder, string top)
    {
        var root = Surroundings.PathOf(folder);
        var files = Directory
            .EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Select(path =>
                (Path: Path.GetRelativePath(root, path), Named: NamespacePattern().Match(File.ReadAllText(path)))
            )
            .Where(file => file.Named.Success && !file.Path.Split('/').Any(part => part is "bin" or "obj"))
            .ToArray();
        Assert.True(files.Length > 200);
        Assert.Empty(
            from file in files
            let own = string.Join('.', [top, .. file.Path.Split('/')[..^1]])
            where file.Named.Groups[1].Value != own
            select $"{folder}/{file.Path} is in {file.Named.Groups[1].Value}, not in {own}"
        );
    }

    /// <summary>Tests of a room stand in its folder: nothing is tested in a room that is not there.</summary>
    [Theory]
    [InlineData("Features")]
    [InlineData("Infrastructure")]
    public void Tests_mirror_the_source(string folder)
    {
        var (src, tests) = (Surroundings.PathOf("src", folder), Surroundings.PathOf("tests", folder));
        var rooms = Directory.EnumerateDirectories(tests, "*", SearchOption.AllDirectories).ToArray();
        Assert.True(rooms.Length > 5);
        Each.Of(
            rooms.Select(path => Path.GetRelativePath(tests, path)),
            room => Assert.True(Directory.Exists(Path.Combine(src, room)), room)
        );
    }

    [Fact]
    public void A_slice_has_the_tag_of_its_module()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Snapshots.PathOf("openapi.json")));
        var tags = document
            .RootElement.GetProperty("paths")
            .EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject())
            .ToLookup(
                operation => operation.Value.GetProperty("operationId").GetString()!,
                operation => operation.Value.GetProperty("tags")[0].GetString()
            );
        var told = Inventories.Slices().Where(slice => tags.Contains(slice.Type.Name)).ToArray();
        Assert.True(told.Length > 200);
        Assert.DoesNotContain(told, slice => tags[slice.Type.Name].Any(tag => tag != slice.Module));
    }

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespacePattern();
}

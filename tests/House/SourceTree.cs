using Veza.Tests.Harness;

namespace Veza.Tests.House;

/// <summary>A file of src as it is written.</summary>
internal sealed record SourceFile(string Path, string Text)
{
    internal string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    internal string[] Lines => Text.TrimEnd('\n').Split('\n');
}

internal static class SourceTree
{
    /// <summary>
    /// Files under a folder of src; fails when there are none, so that no rule is kept by matching nothing.
    /// </summary>
    internal static SourceFile[] Files(string folder, string pattern)
    {
        var root = Surroundings.PathOf("src");
        SourceFile[] files =
        [
            .. Directory
                .EnumerateFiles(Path.Combine(root, folder), pattern, SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(root, path))
                .Where(path => !path.Split('/').Any(part => part is "bin" or "obj"))
                .Order(StringComparer.Ordinal)
                .Select(path => new SourceFile(path, File.ReadAllText(Path.Combine(root, path)))),
        ];
        Assert.NotEmpty(files);
        return files;
    }

    /// <summary>Modules are the folders of Features.</summary>
    internal static string[] ModuleNames() =>
        [
            .. Directory
                .EnumerateDirectories(Surroundings.PathOf("src", "Features"))
                .Select(d => Path.GetFileName(d))
                .Order(StringComparer.Ordinal),
        ];
}

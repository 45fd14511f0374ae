using Veza.Tests.Harness;

namespace Veza.Tests.House;

/// <summary>The files of the repository that people write.</summary>
internal static class RepositoryTree
{
    private static readonly string[] NotOurs = [".git", ".veza", "bin", "node_modules", "obj", "out", "TestResults"];

    /// <summary>Files of a folder and of those in it, as paths from the root, by their names or endings.</summary>
    internal static string[] Files(string folder, params string[] endings)
    {
        var found = new List<string>();
        Collect(new DirectoryInfo(Surroundings.PathOf(folder)), endings, found);
        Assert.NotEmpty(found);
        return [.. found.Order(StringComparer.Ordinal)];
    }

    internal static string Read(string path) => File.ReadAllText(Surroundings.PathOf(path));

    private static void Collect(DirectoryInfo folder, string[] endings, List<string> found)
    {
        foreach (var file in folder.EnumerateFiles())
            if (endings.Any(end => file.Name.EndsWith(end, StringComparison.Ordinal)))
                found.Add(Path.GetRelativePath(Surroundings.Root, file.FullName));
        foreach (var inner in folder.EnumerateDirectories().Where(d => !NotOurs.Contains(d.Name)))
            Collect(inner, endings, found);
    }
}

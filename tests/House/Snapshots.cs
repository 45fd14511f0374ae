using Veza.Tests.Harness;

namespace Veza.Tests.House;

/// <summary>Promises as files: a change of one shows in review. VEZA_UPDATE_SNAPSHOTS=1 writes them anew.</summary>
internal static class Snapshots
{
    internal static string PathOf(string name) => Surroundings.PathOf("tests", "Snapshots", name);

    internal static void Matches(string name, string actual)
    {
        actual = actual.ReplaceLineEndings("\n").TrimEnd('\n') + "\n";
        if (Surroundings.UpdatesSnapshots)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(PathOf(name))!);
            File.WriteAllText(PathOf(name), actual);
        }

        var expected = File.Exists(PathOf(name)) ? File.ReadAllText(PathOf(name)) : "";
        if (expected == actual)
            return;
        var (before, after) = (expected.Split('\n'), actual.Split('\n'));
        Assert.Fail(
            $"tests/Snapshots/{name} is not what is there now. When the change is meant, run "
                + $"VEZA_UPDATE_SNAPSHOTS=1 ./dev test --filter SnapshotTests and commit it.\n"
                + $"gone: {string.Join("\n      ", before.Except(after).Take(20))}\nnew:  {string.Join("\n      ", after.Except(before).Take(20))}"
        );
    }
}

using System.Runtime.Versioning;
using Veza.Tests.Harness;
using Xunit.v3;

// Two cores: a class may wait for its server while another works.
[assembly: Parallelization(MaxThreads = 2)]
[assembly: AssemblyFixture(typeof(TestRun))]
[assembly: TestCollectionOrderer(typeof(LongestFirst))]
[assembly: ServerLogs]
[assembly: SupportedOSPlatform("linux")]

namespace Veza.Tests.Harness;

/// <summary>
/// What one run of the tests has for all classes together: a folder for everything that it writes, removed at its end.
/// </summary>
public sealed class TestRun : IAsyncDisposable
{
    private const UnixFileMode Traversable =
        UnixFileMode.UserRead
        | UnixFileMode.UserWrite
        | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead
        | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead
        | UnixFileMode.OtherExecute;

    private static int count;

    internal static string Folder { get; } = Make();

    /// <summary>A new folder. The media tools run as another user, so others may pass through it.</summary>
    internal static string NewFolder(string name) =>
        Directory
            .CreateDirectory(Path.Combine(Folder, $"{name}-{Interlocked.Increment(ref count)}"), Traversable)
            .FullName;

    public async ValueTask DisposeAsync()
    {
        await SharedStages.End();
        Directory.Delete(Folder, recursive: true);
        if (Violations.First is { } first)
            throw new InvalidOperationException(
                $"In this run a connection was held where none may be. The first: {first}"
            );
    }

    private static string Make()
    {
        var folder = Directory.CreateTempSubdirectory("veza-tests-").FullName;
        File.SetUnixFileMode(folder, Traversable);
        return folder;
    }
}

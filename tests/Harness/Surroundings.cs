namespace Veza.Tests.Harness;

/// <summary>
/// The servers and tools that a run stands on. Nothing is mocked and nothing is skipped: without them a test fails and
/// says what to do.
/// </summary>
internal static class Surroundings
{
    internal static string Postgres => Wanted("VEZA_TEST_POSTGRES");

    internal static string Redis => Wanted("VEZA_TEST_REDIS");

    internal static string S3Endpoint => Wanted("VEZA_TEST_S3_ENDPOINT");

    internal static string S3AccessKey => Wanted("VEZA_TEST_S3_ACCESS_KEY");

    internal static string S3SecretKey => Wanted("VEZA_TEST_S3_SECRET_KEY");

    internal static string Browser => Wanted("VEZA_TEST_BROWSER");

    internal static string NodeModules => Wanted("VEZA_TEST_NODE_MODULES");

    internal static bool StoresInS3 => Optional("VEZA_TEST_STORAGE") == "s3";

    internal static string? NativeBinary => Optional("VEZA_TEST_BINARY");

    internal static string Assemblies => Optional("VEZA_TEST_ASSEMBLIES") ?? AppContext.BaseDirectory;

    /// <summary>How long each class took in the last whole run.</summary>
    internal static string Times => Optional("VEZA_TEST_TIMES") ?? PathOf("tests", "times.txt");

    internal static bool UpdatesSnapshots => Optional("VEZA_UPDATE_SNAPSHOTS") == "1";

    /// <summary>The folder of the repository.</summary>
    internal static string Root { get; } = FindRoot();

    internal static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string? Optional(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static string Wanted(string name) =>
        Optional(name)
        ?? throw new InvalidOperationException(
            $"{name} is not set. This test needs real servers: run ./dev test, which starts them."
        );

    private static string FindRoot()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "Veza.sln")))
                return at.FullName;
        throw new InvalidOperationException($"There is no Veza.sln above {AppContext.BaseDirectory}.");
    }
}

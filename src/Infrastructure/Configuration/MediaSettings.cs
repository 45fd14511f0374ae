namespace Veza.Infrastructure.Configuration;

/// <summary>
/// What must stand between this server and the tools of strangers' files, by the names of <see cref="All"/>.
/// </summary>
internal sealed record MediaSettings(IReadOnlySet<string> Required)
{
    internal const string Network = "network",
        Files = "files",
        User = "user";
    internal const string Privileges = "privileges",
        Limits = "limits";
    internal const string Variable = "VEZA__MEDIA__REQUIRE",
        Nothing = "none";
    private const string Production = "production",
        Development = "development";

    internal static readonly string[] All = [Network, Files, User, Privileges, Limits];

    internal static MediaSettings Read(SettingsReader read)
    {
        // A word of its own, and not the public URL: behind a proxy that may be left at localhost, and what is not said
        // must not open anything.
        var environment = read.Text("environment", Production);
        if (environment is not (Production or Development))
            read.Fault(
                "environment",
                $"'{environment}' is not {Production} or {Development}",
                $"the default is {Production}"
            );
        var otherwise = environment == Development ? Nothing : string.Join(',', All);
        if (read.Text("media:require", otherwise) == Nothing)
            return new MediaSettings(new HashSet<string>());
        return new MediaSettings(read.Set("media:require", All));
    }
}

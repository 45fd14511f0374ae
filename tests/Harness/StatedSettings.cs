using Microsoft.Extensions.Configuration;
using Veza.Infrastructure.Configuration;

namespace Veza.Tests.Harness;

/// <summary>
/// The settings as the server reads them from its environment, for who needs nothing else of a server.
/// </summary>
internal static class StatedSettings
{
    /// <summary>With what must be stated, and no server behind it: whoever connects has a test environment.</summary>
    internal static Settings Read(params (string Name, string Value)[] stated)
    {
        var variables = new Dictionary<string, string?>
        {
            ["VEZA__POSTGRES"] = "Host=127.0.0.1",
            ["VEZA__REDIS"] = "127.0.0.1",
            ["VEZA__STORAGE"] = TestRun.Folder,
        };
        foreach (var (name, value) in stated)
            variables[name] = value;
        return Read(variables);
    }

    internal static Settings Read(IReadOnlyDictionary<string, string?> variables)
    {
        var values = variables.Select(v =>
            KeyValuePair.Create(v.Key["VEZA__".Length..].Replace("__", ":", StringComparison.Ordinal), v.Value)
        );
        var (settings, faults) = Settings.Read(
            new ConfigurationBuilder().AddInMemoryCollection(values).Build(),
            Modules.All
        );
        return settings ?? throw new InvalidOperationException(string.Join('\n', faults));
    }
}

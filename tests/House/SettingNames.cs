using System.Text.RegularExpressions;

namespace Veza.Tests.House;

/// <summary>
/// The environment variables that the program reads, from the keys in its source: <c>"http:port"</c> is
/// VEZA__HTTP__PORT,
/// <c>$"oauth:{provider}:client_id"</c> is one for each provider, and <c>$"limits:{name}:"</c> begins keys that others
/// end.
/// </summary>
internal sealed partial class SettingNames
{
    private readonly HashSet<string> keys;
    private readonly (string First, Regex Whole, Regex Beginning)[] forms;

    internal SettingNames()
    {
        keys =
        [
            .. SourceTree
                .Files(".", "*.cs")
                .SelectMany(file => KeyPattern().Matches(file.Text))
                .Select(match => match.Groups[1].Value),
        ];
        forms =
        [
            .. keys.Where(key => key.Contains('{', StringComparison.Ordinal))
                .Select(key => (key, Form: HolePattern().Replace(key, "[a-z0-9_]+")))
                .Select(k => (k.key.Split(':')[0], new Regex($"^{k.Form}$"), new Regex($"^{k.Form}(?=[a-z])"))),
        ];
        Assert.True(keys.Count > 80);
        Assert.NotEmpty(forms);
    }

    /// <summary>A star stands for whatever follows.</summary>
    internal bool Has(string variable)
    {
        var key = variable["VEZA__".Length..].ToLowerInvariant().Replace("__", ":", StringComparison.Ordinal);
        if (key.EndsWith('*'))
            return keys.Any(known => known.StartsWith(key.Split(':')[0] + ":", StringComparison.Ordinal));
        return Has(key, "_file") || Has(key, "");
    }

    private bool Has(string key, string ending)
    {
        if (!key.EndsWith(ending, StringComparison.Ordinal))
            return false;
        var name = key[..^ending.Length];
        return keys.Contains(name)
            || forms.Any(form =>
                form.Whole.IsMatch(name)
                || (form.Beginning.Match(name) is { Success: true } match && keys.Contains(name[match.Length..]))
            );
    }

    [GeneratedRegex(@"""([a-z0-9_]+(?::(?:[a-z0-9_]+|\{[\w.]+\}))*:?)""")]
    private static partial Regex KeyPattern();

    [GeneratedRegex(@"\{[\w.]+\}")]
    private static partial Regex HolePattern();
}

using System.Reflection;
using System.Text.RegularExpressions;
using Veza.Infrastructure.Limits;

namespace Veza.Tests.House;

/// <summary>
/// What an operator may set of a module, and how often its things may be tried, is said in the module.
/// </summary>
public sealed partial class ModuleSettingsTests
{
    [Fact]
    public void Infrastructure_names_nothing_of_a_module()
    {
        var names = SourceTree.ModuleNames();
        Assert.True(names.Length >= 5);
        var modules = string.Join('|', names);
        var parts = string.Join('|', Modules.All.SelectMany(m => m.Settings).Select(part => part.Type.Name));
        Regex[] words =
        [
            new($@"\b(?:{modules})(?:Policies|Settings|Limits|Errors|Events|Reads|Module)\b"),
            new($@"\b(?:{parts})\b"),
        ];
        Assert.Empty(
            from file in SourceTree.Files("Infrastructure", "*.cs")
            from word in words
            from Match named in word.Matches(file.Text)
            select $"{file.Path} names {named.Value}"
        );
    }

    [Fact]
    public void A_setting_of_a_module_is_read_there_alone()
    {
        string[] own = Keys("Features"),
            others = Keys("Infrastructure");
        Assert.True(own.Length > 20);
        Assert.True(others.Length > 20);
        // Countries are believed from a proxy alone: plays look whether there is one.
        Assert.Equal(["http:proxies"], own.Intersect(others));
    }

    [Fact]
    public void Parts_and_policies_stand_in_the_module_that_lists_them_and_none_is_left_out()
    {
        Assert.Empty(
            from module in Modules.All
            from part in module.Settings
            where !$"{part.Type.Namespace}.".StartsWith($"Veza.Features.{module.Name}.", StringComparison.Ordinal)
            select $"{module.Name} lists {part.Type.FullName}"
        );
        var declared = (
            from type in typeof(Modules).Assembly.GetTypes()
            from field in type.GetFields(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public)
            where field.FieldType == typeof(LimitPolicy)
            select (Module: type.Namespace!.Split('.')[2], Policy: (LimitPolicy)field.GetValue(null)!)
        ).ToArray();
        Assert.True(declared.Length > 5);
        Assert.Equal(
            declared.OrderBy(d => d.Policy.Name).Select(d => $"{d.Module} {d.Policy.Name}"),
            Modules
                .All.SelectMany(m => m.Policies.Select(policy => (m.Name, Policy: policy)))
                .OrderBy(listed => listed.Policy.Name)
                .Select(listed => $"{listed.Name} {listed.Policy.Name}")
        );
    }

    private static string[] Keys(string folder) =>
        [
            .. SourceTree
                .Files(folder, "*Settings.cs")
                .SelectMany(file => KeyPattern().Matches(file.Text))
                .Select(match => match.Groups[1].Value)
                .Distinct(),
        ];

    [GeneratedRegex(@"""([a-z0-9_]+(?::(?:[a-z0-9_]+|\{[\w.]+\}))+)""")]
    private static partial Regex KeyPattern();
}

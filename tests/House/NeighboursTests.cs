using System.Text.RegularExpressions;
using Veza.Tests.Harness;

namespace Veza.Tests.House;

/// <summary>Who may depend on whom, and who may write what.</summary>
public sealed partial class NeighboursTests
{
    [Fact]
    public void Every_slice_is_listed_in_its_module()
    {
        var slices = Inventories.Files().Select(f => (Module: f.Path.Split('/')[1], f.Name)).ToArray();
        Assert.True(slices.Length >= 15);
        var listed = Inventories.Slices().Select(s => (s.Module, s.Type.Name)).ToArray();
        Assert.Equal(slices.Order(), listed.Order());
        // What is no endpoint of the generator's would be found by reflection, or not at all.
        Assert.Equal(
            GeneratedSlices.Parts.Keys.Select(type => type.FullName).Order(),
            Modules.All.SelectMany(m => m.Endpoints).Select(e => e.Type.FullName).Order()
        );
        Assert.Equal(SourceTree.ModuleNames(), Modules.All.Select(m => m.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_slice_serves_a_role_that_exists()
    {
        var roles = Inventories.Slices().Select(s => s.Role).Distinct().ToArray();
        Assert.NotEmpty(roles);
        Assert.Empty(roles.Except(Veza.Infrastructure.Configuration.Settings.AllRoles));
    }

    [Fact]
    public void A_module_names_events_and_reads_of_another_and_nothing_else()
    {
        var modules = SourceTree.ModuleNames();
        Assert.True(modules.Length >= 5);
        var faults =
            from file in SourceTree.Files("Features", "*.cs")
            let own = file.Path.Split('/')[1]
            from Match named in ModulePattern().Matches(file.Text)
            where
                modules.Contains(named.Groups[1].Value)
                && named.Groups[1].Value != own
                && !named.Value.EndsWith("Events", StringComparison.Ordinal)
                && !named.Value.EndsWith("Reads", StringComparison.Ordinal)
            select $"{file.Path} names {named.Value}";
        Assert.Empty(faults);
    }

    [Fact]
    public void Slices_of_a_module_do_not_name_each_other()
    {
        var slices = Inventories.Files();
        Assert.NotEmpty(slices);
        var faults =
            from file in slices
            from other in slices
            where
                other.Path != file.Path
                && Path.GetDirectoryName(other.Path) == Path.GetDirectoryName(file.Path)
                && Regex.IsMatch(file.Text, $@"\b{other.Name}\.[A-Z]")
            select $"{file.Path} names {other.Name}";
        Assert.Empty(faults);
    }

    [Fact]
    public void Infrastructure_names_no_feature() =>
        Assert.Empty(
            SourceTree
                .Files("Infrastructure", "*.cs")
                .Where(f => f.Text.Contains("Veza.Features", StringComparison.Ordinal))
                .Select(f => f.Path)
        );

    [GeneratedRegex(@"\bVeza\.Features\.(\w+)(?:\.\w+)?")]
    private static partial Regex ModulePattern();
}

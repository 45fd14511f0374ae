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
            Modules.All.SelectMany(m => m.Slices).Select(e => e.Type.FullName).Order()
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
        var named = Named().ToArray();
        Assert.True(named.Count(name => name.What == "Reads") > 10);
        Assert.Empty(
            named
                .Where(name =>
                    name.What != "Reads" && name.What != name.Of + "Reads" && name.What != name.Of + "Events"
                )
                .Select(name => $"{name.File} names {name.What} of {name.Of}")
        );
    }

    /// <summary>
    /// What happened may be told both ways; what is shown of one module in another is shown in one direction.
    /// </summary>
    [Fact]
    public void Modules_that_read_each_other_do_so_in_one_direction()
    {
        var reads = Named()
            .Where(name => name.What.EndsWith("Reads", StringComparison.Ordinal))
            .Select(name => (name.By, name.Of))
            .Distinct()
            .ToArray();
        Assert.True(reads.Length > 10);
        // Whoever is read by nobody goes, again and again: what stays is a circle, and what it reads.
        foreach (var _ in SourceTree.ModuleNames())
        {
            var readers = reads;
            reads = [.. reads.Where(read => readers.Any(other => other.Of == read.By))];
        }

        Assert.Empty(reads);
    }

    /// <summary>What modules name of each other.</summary>
    private static IEnumerable<(string File, string By, string Of, string What)> Named()
    {
        var modules = SourceTree.ModuleNames();
        return from file in SourceTree.Files("Features", "*.cs")
            let own = file.Path.Split('/')[1]
            from Match named in ModulePattern().Matches(file.Text)
            let other = named.Groups[1].Value
            where modules.Contains(other) && other != own
            select (file.Path, own, other, named.Groups[2].Value);
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

    [GeneratedRegex(@"\bVeza\.Features\.(\w+)(?:\.(\w+))?")]
    private static partial Regex ModulePattern();
}

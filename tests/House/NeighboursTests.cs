using System.Text.RegularExpressions;
using Veza.Tests.Harness;

namespace Veza.Tests.House;

/// <summary>Who may depend on whom, and who may write what.</summary>
public sealed partial class NeighboursTests
{
    [Fact]
    public void Every_slice_is_listed_in_its_module()
    {
        var slices = SourceTree
            .Files("Features", "*.cs")
            .Where(f => f.Text.Contains("Endpoint(IEndpointRouteBuilder ", StringComparison.Ordinal))
            .Select(f => (Module: f.Path.Split('/')[1], f.Name))
            .ToArray();
        Assert.True(slices.Length >= 15);
        var listed = Roles
            .Modules.SelectMany(m => m.Slices.Select(s => (Module: m.Name, s.Endpoint.Method.DeclaringType!.Name)))
            .ToArray();
        Assert.Equal(slices.Order(), listed.Order());
        Assert.Equal(SourceTree.ModuleNames(), Roles.Modules.Select(m => m.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_slice_serves_a_role_that_exists()
    {
        var roles = Roles.Modules.SelectMany(m => m.Slices.Select(s => s.Role)).Distinct().ToArray();
        Assert.NotEmpty(roles);
        Assert.Empty(roles.Except(Veza.Infrastructure.Configuration.Settings.AllRoles));
    }

    [Fact]
    public void Modules_are_strangers_except_for_their_events()
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
            select $"{file.Path} names {named.Value}";
        Assert.Empty(faults);
    }

    [Fact]
    public void Slices_of_a_module_do_not_name_each_other()
    {
        var files = SourceTree.Files("Features", "*.cs");
        var slices = files
            .Where(f => f.Text.Contains("Endpoint(IEndpointRouteBuilder ", StringComparison.Ordinal))
            .ToArray();
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

using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Veza.Generator;

/// <summary>
/// Says at compile time what FastEndpoints otherwise finds by reflection: its types, how an endpoint is made, what its
/// request is made of and how each value is read. What it cannot say it reports, so that nothing is left to fail in the
/// native binary. <c>DiscoveredTypes</c> and <c>GeneratedReflection</c> have the names that FastEndpoints.Generator
/// gives them, so that it can replace it.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class SliceGenerator : IIncrementalGenerator
{
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var found = context
            .SyntaxProvider.CreateSyntaxProvider(
                static (node, _) => node is ClassDeclarationSyntax { BaseList: not null, TypeParameterList: null },
                SliceReading.Read
            )
            .Where(static found => found is not null)
            .Collect();
        var root = context.AnalyzerConfigOptionsProvider.Select(
            static (options, _) =>
                options.GlobalOptions.TryGetValue("build_property.RootNamespace", out var name) && name.Length > 0
                    ? name
                    : "Generated"
        );
        context.RegisterSourceOutput(found.Combine(root), static (output, all) => Write(output, all.Left!, all.Right));
    }

    private static void Write(SourceProductionContext output, ImmutableArray<Found> all, string root)
    {
        var inventory = new Inventory(all);
        foreach (var fault in inventory.Faults)
            output.ReportDiagnostic(fault.Tell());
        // A project without slices has no use for the library's types either.
        if (inventory.Slices.Length == 0)
            return;
        output.AddSource("DiscoveredTypes.g.cs", TypesWriting.Write(inventory, root));
        output.AddSource("GeneratedSlices.g.cs", SlicesWriting.Write(inventory, root));
    }
}

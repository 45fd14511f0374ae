using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Veza.Generator;

namespace Veza.Tests.Generator;

/// <summary>
/// What the generator makes of a source, in memory: its faults, its text, and whether the compiler takes both together.
/// </summary>
internal sealed class GeneratedFrom
{
    private const string Before = """
        using System;
        using System.Threading;
        using System.Threading.Tasks;
        using System.Text.Json.Serialization;
        using FastEndpoints;
        using FluentValidation;
        using Veza.Infrastructure.Http;

        namespace Veza.Sample;


        """;

    internal GeneratedFrom(string source)
    {
        var parsing = new CSharpParseOptions(LanguageVersion.Preview);
        var compilation = CSharpCompilation.Create(
            "Veza.Tests",
            [CSharpSyntaxTree.ParseText(Before + source, parsing)],
            ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
                .Split(Path.PathSeparator)
                .Select(path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary,
                nullableContextOptions: NullableContextOptions.Enable,
                allowUnsafe: true
            )
        );
        var driver = CSharpGeneratorDriver
            .Create([new SliceGenerator().AsSourceGenerator()], parseOptions: parsing, optionsProvider: new Options())
            .RunGeneratorsAndUpdateCompilation(compilation, out var whole, out var faults);
        Faults = [.. faults.Select(fault => $"{fault.Id} {fault.GetMessage()}")];
        Text = string.Join('\n', driver.GetRunResult().GeneratedTrees.Select(tree => tree.ToString()));
        // Contexts of JSON are completed by another generator, which does not run here.
        Errors =
        [
            .. whole
                .GetDiagnostics()
                .Where(d => d.Severity == DiagnosticSeverity.Error)
                .Where(d => d.Id is not ("CS0534" or "CS7036"))
                .Select(d => d.ToString()),
        ];
    }

    internal string[] Faults { get; }

    internal string[] Errors { get; }

    internal string Text { get; }

    private sealed class Options : AnalyzerConfigOptionsProvider
    {
        public override AnalyzerConfigOptions GlobalOptions { get; } = new Root();

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => GlobalOptions;

        public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) => GlobalOptions;
    }

    private sealed class Root : AnalyzerConfigOptions
    {
        private static readonly ImmutableDictionary<string, string> Values = ImmutableDictionary<
            string,
            string
        >.Empty.Add("build_property.RootNamespace", "Veza");

        public override bool TryGetValue(string key, [NotNullWhen(true)] out string? value) =>
            Values.TryGetValue(key, out value);
    }
}

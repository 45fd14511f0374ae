using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Veza.Generator;

/// <summary>
/// What would fail in the native binary only, or without a word, and is an error of the build instead.
/// </summary>
internal sealed record Fault(string Id, Place Place, string First, string Second = "", string Third = "")
{
    internal const string Unreadable = "VZ001",
        NoJson = "VZ002",
        Private = "VZ003",
        NoRoute = "VZ004",
        NoRecord = "VZ005",
        NoDefault = "VZ006",
        InBody = "VZ007",
        Unnamed = "VZ008",
        Refused = "VZ009",
        Twice = "VZ010",
        Trimmed = "VZ011";

    private static readonly Dictionary<string, DiagnosticDescriptor> Rules = new DiagnosticDescriptor[]
    {
        Rule(Unreadable, "{0}.{1} is a {2}, which cannot be read from text"),
        Rule(NoJson, "{0} is in no JsonSerializerContext, but {1} reads or writes it"),
        Rule(Private, "{0} is private: what is generated cannot reach it"),
        Rule(
            NoRoute,
            "{0} names no route: call Get, Post, Put, Patch or Delete with one literal in Configure, "
                + "or Verbs of reads and Routes"
        ),
        Rule(NoRecord, "{0} is no record class: a request is put together from its sources by 'with'"),
        Rule(NoDefault, "{0}.{1} may be missing in the {2}: make it nullable, or give it a default"),
        Rule(InBody, "{0}.{1} comes from the {2}: mark it [property: JsonIgnore], or the body is read for it too"),
        Rule(Unnamed, "{0} has {{{1}}} in its route, and no member of its request takes it"),
        Rule(Refused, "{0} calls {1}: {2}"),
        Rule(Twice, "{0} is {1} twice, by {2}"),
        Rule(Trimmed, "{0} is made by its type alone, and its constructor is trimmed away: say it in the slice"),
    }.ToDictionary(rule => rule.Id);

    internal Diagnostic Tell() => Diagnostic.Create(Rules[Id], Place.Location, First, Second, Third);

    private static DiagnosticDescriptor Rule(string id, string text) =>
        new(id, text, text, "Slices", DiagnosticSeverity.Error, isEnabledByDefault: true);
}

/// <summary>Where something stands in the source, without the tree that it stands in.</summary>
internal sealed record Place(string Path, TextSpan Span, LinePositionSpan Lines)
{
    internal Location Location => Location.Create(Path, Span, Lines);

    internal static Place Of(ISymbol symbol) => Of(symbol.Locations.First());

    internal static Place Of(Location location) =>
        new(location.SourceTree?.FilePath ?? "", location.SourceSpan, location.GetLineSpan().Span);
}

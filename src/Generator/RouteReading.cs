using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Veza.Generator;

/// <summary>The method and the route of a slice, as its Configure says them; with the prefix of its group.</summary>
internal sealed record RouteReading(string Method, string[] Parameters)
{
    private static readonly string[] Methods = ["Get", "Post", "Put", "Patch", "Delete", "Head", "Routes"];

    /// <summary>
    /// Whether a body is read unless a member says otherwise. Never by <c>Routes</c>, whose <c>Verbs</c> are of reads.
    /// </summary>
    internal bool TakesBody => Method is "Post" or "Put" or "Patch";

    /// <summary>Null when it is not one literal.</summary>
    internal static RouteReading? Of(ClassDeclarationSyntax slice, SemanticModel model)
    {
        var calls = slice.Members.SelectMany(member => member.DescendantNodes()).OfType<InvocationExpressionSyntax>();
        RouteReading? route = null;
        var prefix = "";
        foreach (var call in calls)
            switch (call.Expression)
            {
                case IdentifierNameSyntax name when Methods.Contains(name.Identifier.ValueText):
                    if (route is not null || Literal(call.ArgumentList) is not { } pattern)
                        return null;
                    route = new RouteReading(name.Identifier.ValueText, Named(pattern));
                    break;
                case IdentifierNameSyntax { Identifier.ValueText: "Verbs" } when !AreReads(call.ArgumentList):
                    return null;
                case GenericNameSyntax { Identifier.ValueText: "Group" } group:
                    prefix = Prefix(model.GetTypeInfo(group.TypeArgumentList.Arguments[0]).Type);
                    break;
            }

        return route is null ? null : route with { Parameters = [.. Named(prefix), .. route.Parameters] };
    }

    private static bool AreReads(ArgumentListSyntax verbs) =>
        verbs.Arguments.All(verb => verb.ToString() is "Http.GET" or "Http.HEAD" or "Http.OPTIONS");

    /// <summary>
    /// A group says its prefix first to what it derives from: <c>SliceGroup("/api/v1/users", ..)</c>.
    /// </summary>
    private static string Prefix(ITypeSymbol? group) =>
        group
            ?.DeclaringSyntaxReferences.SelectMany(reference => reference.GetSyntax().DescendantNodes())
            .OfType<PrimaryConstructorBaseTypeSyntax>()
            .Select(parent => Literal(parent.ArgumentList))
            .FirstOrDefault()
        ?? "";

    private static string? Literal(ArgumentListSyntax arguments) =>
        arguments.Arguments.FirstOrDefault()?.Expression is LiteralExpressionSyntax { Token.Value: string text }
            ? text
            : null;

    private static string[] Named(string pattern) =>
        [.. pattern.Split('{').Skip(1).Select(part => part.Split('}', ':', '?', '=')[0].TrimStart('*'))];
}

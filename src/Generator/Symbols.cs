using Microsoft.CodeAnalysis;

namespace Veza.Generator;

/// <summary>Questions to the compiler's symbols.</summary>
internal static class Symbols
{
    internal static string Named(this ITypeSymbol type) =>
        type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);

    /// <summary>The name without its namespace, for people.</summary>
    internal static string Short(this ITypeSymbol type) =>
        type.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat);

    internal static IEnumerable<INamedTypeSymbol> Ancestors(this INamedTypeSymbol type)
    {
        for (var ancestor = type.BaseType; ancestor is not null; ancestor = ancestor.BaseType)
            yield return ancestor;
    }

    internal static bool IsReachable(this ITypeSymbol type)
    {
        for (ISymbol? outer = type; outer is INamedTypeSymbol; outer = outer.ContainingSymbol)
            if (outer.DeclaredAccessibility is Accessibility.Private or Accessibility.Protected)
                return false;
        return true;
    }

    internal static bool Has(this ISymbol symbol, string attribute) => symbol.Attribute(attribute) is not null;

    internal static AttributeData? Attribute(this ISymbol symbol, string name) =>
        symbol.GetAttributes().FirstOrDefault(attribute => attribute.AttributeClass?.Name == name + "Attribute");

    /// <summary>T of T?.</summary>
    internal static ITypeSymbol Bare(this ITypeSymbol type) =>
        type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable
            ? nullable.TypeArguments[0]
            : type.WithNullableAnnotation(NullableAnnotation.None);

    internal static bool MayBeNull(this ITypeSymbol type) =>
        type.NullableAnnotation == NullableAnnotation.Annotated
        || type.OriginalDefinition.SpecialType == SpecialType.System_Nullable_T;

    internal static string SnakeCase(string name) =>
        string.Concat(
            name.Select((c, i) => char.IsUpper(c) ? (i > 0 ? "_" : "") + char.ToLowerInvariant(c) : c.ToString())
        );
}

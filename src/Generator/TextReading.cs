using Microsoft.CodeAnalysis;

namespace Veza.Generator;

/// <summary>
/// How a value is read from text, said at compile time: by the type's own TryParse, in one culture, times in UTC. The
/// library looks for it by reflection and compiles an expression, which the native binary cannot.
/// </summary>
internal static class TextReading
{
    /// <summary>The suffix of the method that reads such a value; null when it cannot be read from text.</summary>
    internal static string? MethodFor(ITypeSymbol type)
    {
        var bare = type.Bare();
        if (bare.SpecialType == SpecialType.System_String)
            return "Text";
        if (bare is IArrayTypeSymbol { Rank: 1 } array)
            return array.ElementType.SpecialType == SpecialType.System_String ? "Texts"
                : Single(array.ElementType) ? $"Each<{array.ElementType.Named()}>"
                : null;
        if (bare.SpecialType == SpecialType.System_DateTime)
            return "Time";
        return Single(bare) ? $"Value<{bare.Named()}>" : null;
    }

    private static bool Single(ITypeSymbol type) =>
        type.IsValueType
        && type.SpecialType != SpecialType.System_DateTime
        && type.AllInterfaces.Any(i =>
            i.OriginalDefinition.ToDisplayString() == "System.IParsable<TSelf>"
            && SymbolEqualityComparer.Default.Equals(i.TypeArguments[0], type)
        );
}

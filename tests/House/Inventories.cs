namespace Veza.Tests.House;

/// <summary>A slice as its module lists it.</summary>
internal sealed record ListedSlice(string Module, string Role, Type Type);

internal static class Inventories
{
    internal static ListedSlice[] Slices() =>
        [.. Modules.All.SelectMany(m => m.Slices.Select(s => new ListedSlice(m.Name, s.Role, s.Type)))];

    /// <summary>The files of Features that hold a slice.</summary>
    internal static SourceFile[] Files() =>
        [
            .. SourceTree
                .Files("Features", "*.cs")
                .Where(f =>
                    f.Text.Contains(": Slice<", StringComparison.Ordinal)
                    || f.Text.Contains(": ResultSlice", StringComparison.Ordinal)
                ),
        ];
}

namespace Veza.Tests.House;

/// <summary>
/// What a module brings to the table of access: a thing of the owner's at each of its paths with an id, and what else
/// its paths and requests want. It stands beside the module's tests, in <c>Features/NAME/NAMEAccess.cs</c>.
/// </summary>
internal abstract class ModuleAccess
{
    internal abstract AccessThing[] Things { get; }

    /// <summary>What stands in a path in the place of <c>{name}</c>, other than ids.</summary>
    internal virtual (string Name, string Value)[] Parameters => [];

    /// <summary>Beginnings of paths whose requests need these headers to be understood at all.</summary>
    internal virtual (string Path, string Name, string Value)[] Headers => [];

    /// <summary>Beginnings of paths that a signature of their own guards.</summary>
    internal virtual string[] Elsewhere => [];

    internal static readonly ModuleAccess[] All =
    [
        .. typeof(ModuleAccess)
            .Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(ModuleAccess)))
            .OrderBy(type => type.FullName, StringComparer.Ordinal)
            .Select(type => (ModuleAccess)Activator.CreateInstance(type)!),
    ];

    /// <summary>The one whose path is the longest beginning of this one.</summary>
    internal static AccessThing? Of(string path) =>
        All.SelectMany(module => module.Things)
            .Where(thing => path.StartsWith(thing.Path, StringComparison.Ordinal))
            .MaxBy(thing => thing.Path.Length);
}

/// <summary>
/// What the <c>{id}</c> of all paths that begin so is: made by this SQL, with the id as $1 and its owner as $2; without
/// any it is the owner themselves.
/// </summary>
internal sealed record AccessThing(string Path, string? Insert)
{
    /// <summary>Nobody else may read or change it: no answer to a stranger is a success.</summary>
    internal bool IsOwnersAlone { get; init; }
}

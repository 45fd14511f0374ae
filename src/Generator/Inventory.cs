using System.Collections.Immutable;

namespace Veza.Generator;

/// <summary>All that was found, in one order, and the faults that show only when it is seen together.</summary>
internal sealed class Inventory
{
    internal Inventory(ImmutableArray<Found> all)
    {
        Found[] Of(Kind kind) =>
            [
                .. all.Where(found => found.Kind == kind && found.Type.Length > 0)
                    .GroupBy(found => found.Type)
                    .Select(group => group.First())
                    .OrderBy(found => found.Type, StringComparer.Ordinal),
            ];
        Slices = Of(Kind.Slice);
        Validators = Of(Kind.Validator);
        var listed = new HashSet<string>(Of(Kind.Context).SelectMany(context => context.Json));
        Faults =
        [
            .. all.SelectMany(found => found.Faults).Distinct(),
            .. from slice in Slices
            from type in slice.Json
            where !listed.Contains(type)
            select new Fault(Fault.NoJson, slice.Place, Bare(type), Bare(slice.Type)),
            .. Twice(Slices.Where(slice => slice.Request != "global::FastEndpoints.EmptyRequest"), "taken"),
            .. Twice(Validators, "validated"),
        ];
    }

    internal Found[] Slices { get; }

    internal Found[] Validators { get; }

    internal Fault[] Faults { get; }

    /// <summary>Binders and validators are found by the type of the request alone.</summary>
    private static IEnumerable<Fault> Twice(IEnumerable<Found> found, string what) =>
        found
            .GroupBy(one => one.Request)
            .Where(group => group.Count() > 1)
            .Select(group => new Fault(
                Fault.Twice,
                group.Last().Place,
                Bare(group.Key),
                what,
                string.Join(" and ", group.Select(one => Bare(one.Type)))
            ));

    private static string Bare(string type) => type.Replace("global::", "");
}

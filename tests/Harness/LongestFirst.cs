using System.Globalization;
using Xunit.Sdk;
using Xunit.v3;

namespace Veza.Tests.Harness;

/// <summary>
/// The classes that took longest in the last whole run begin first, so that none of them is left alone at the end.
/// ./dev test keeps the times; tests/times.txt has those of a run for whoever has none yet.
/// </summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly Lazy<Dictionary<string, double>> Seconds = new(Read);

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(
        IReadOnlyCollection<TTestCollection> testCollections
    )
        where TTestCollection : ITestCollection =>
        [
            .. testCollections.OrderByDescending(c =>
                Seconds.Value.GetValueOrDefault(ClassOf(c.TestCollectionDisplayName))
            ),
        ];

    /// <summary>From "Test collection for Veza.Tests.House.CastTests (id: ...)".</summary>
    private static string ClassOf(string collection) =>
        collection.Split(' ').FirstOrDefault(word => word.StartsWith("Veza.", StringComparison.Ordinal)) ?? "";

    private static Dictionary<string, double> Read() =>
        File.ReadLines(Surroundings.Times)
            .Select(line => line.Split(' '))
            .ToDictionary(line => line[1], line => double.Parse(line[0], CultureInfo.InvariantCulture));
}

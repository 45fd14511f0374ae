using System.Collections;

namespace Veza.Generator;

/// <summary>
/// A list that equals another of the same entries, so that the compiler sees what did not change and runs nothing
/// again.
/// </summary>
internal readonly struct Sequence<T>(T[] entries) : IEquatable<Sequence<T>>, IEnumerable<T>
    where T : IEquatable<T>
{
    private readonly T[]? entries = entries;

    internal T[] Entries => entries ?? [];

    public bool Equals(Sequence<T> other) => Entries.SequenceEqual(other.Entries);

    public override bool Equals(object? other) => other is Sequence<T> sequence && Equals(sequence);

    public override int GetHashCode() =>
        Entries.Aggregate(17, (hash, entry) => unchecked((hash * 31) + entry.GetHashCode()));

    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)Entries).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

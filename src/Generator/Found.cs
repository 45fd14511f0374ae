namespace Veza.Generator;

/// <summary>What a class declaration is to the generator; each kind fills what it needs.</summary>
internal sealed record Found(Kind Kind, string Type, Place Place)
{
    /// <summary>Of a slice; of a validator the type that it validates.</summary>
    internal string Request { get; init; } = "";

    /// <summary>What its constructor takes.</summary>
    internal Sequence<string> Needs { get; init; }

    /// <summary>What a slice reads or writes as JSON; what a context lists.</summary>
    internal Sequence<string> Json { get; init; }

    internal Sequence<Member> Members { get; init; }

    internal Sequence<Fault> Faults { get; init; }

    /// <summary>The envelope of a slice's answer; empty when it is none.</summary>
    internal string Answer { get; init; } = "";

    /// <summary>The type that declares a slice's ExecuteAsync.</summary>
    internal string Executes { get; init; } = "";

    /// <summary>Whether the body may be left out.</summary>
    internal bool IsBodyOptional { get; init; }

    internal bool HasBody => Members.Any(member => member.Source == Source.Body);
}

internal enum Kind
{
    Slice,
    Validator,
    Context,
}

/// <summary>The one place that a member of a request comes from.</summary>
internal enum Source
{
    Body,
    Path,
    Query,
    Header,
}

/// <summary>
/// A member of a request: its name in C#, its name where it comes from, its type, the call that reads it, and what it
/// is when it is missing.
/// </summary>
internal sealed record Member(string Name, string Wire, string Type, Source Source, string Read, string Default)
{
    internal bool IsOptional => Default.Length > 0;
}

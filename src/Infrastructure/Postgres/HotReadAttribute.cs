namespace Veza.Infrastructure.Postgres;

/// <summary>
/// Marks a slice or a noun whose reads every page makes: each statement in its file uses an index, in the plan for any
/// value, which a test of the house asks of PostgreSQL.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class HotReadAttribute : Attribute;

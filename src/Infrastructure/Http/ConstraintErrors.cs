namespace Veza.Infrastructure.Http;

/// <summary>
/// What the violation of a constraint means to a client: constraints are named by hand, and each room tells the errors
/// of its own once, before anything is served.
/// </summary>
internal static class ConstraintErrors
{
    private static IReadOnlyDictionary<string, Error> known = new Dictionary<string, Error>();

    internal static void Know(IEnumerable<KeyValuePair<string, Error>> errors) => known = errors.ToDictionary();

    /// <summary>Null where no room has named it: then it is a fault of the server.</summary>
    internal static Error? Of(string? constraint) => known.GetValueOrDefault(constraint ?? "");
}

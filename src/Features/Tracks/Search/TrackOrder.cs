namespace Veza.Features.Tracks.Search;

/// <summary>
/// An order in which tracks can be listed. Each has an index that gives it; relevance is reckoned from candidates.
/// </summary>
internal sealed record TrackOrder(string Name, string Column, bool IsDescending)
{
    internal const string Relevance = "relevance",
        CreatedAt = "created_at";

    private static readonly Dictionary<string, (string Column, bool IsDescending)> Known = new()
    {
        [CreatedAt] = ("s.created_at", true),
        ["play_count"] = ("t.play_count", true),
        ["like_count"] = ("t.like_count", true),
        ["title"] = ("s.title_key", false),
        ["duration_ms"] = ("s.duration_ms", false),
        ["bpm"] = ("s.bpm", false),
    };

    internal static readonly string[] Names = [Relevance, .. Known.Keys];

    internal bool IsRelevance => Name == Relevance;

    /// <summary>The numbers that change with every listener stand in the track's own row.</summary>
    internal bool IsOfTrack => Column.StartsWith("t.", StringComparison.Ordinal);

    /// <summary>
    /// The whole order turns round with its direction, so that one index serves both; what has no tempo comes last and
    /// is left out when the index is walked.
    /// </summary>
    internal string Sql(string id) =>
        IsDescending == DefaultDescending
            ? $"{Column}{(IsDescending ? " desc" : "")}, {id}"
            : $"{Column}{(IsDescending ? " desc" : "")}, {id} desc";

    private bool DefaultDescending => Known[Name].IsDescending;

    /// <summary>The names are known ones.</summary>
    internal static TrackOrder Of(string? name, string? order, bool hasWords)
    {
        name ??= hasWords ? Relevance : CreatedAt;
        if (name == Relevance)
            return new TrackOrder(Relevance, "", true);
        var known = Known[name];
        return new TrackOrder(name, known.Column, order is null ? known.IsDescending : order == "desc");
    }
}

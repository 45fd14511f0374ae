using System.Text.Json;
using System.Text.Json.Serialization;

namespace Veza.Infrastructure.Http;

/// <summary>The shape of every successful answer.</summary>
internal sealed record Envelope<T>(bool Success, string Message, T? Data, Meta Meta, FieldError[] Errors);

/// <summary>The shape of every failed answer, unless the client asks for application/problem+json.</summary>
internal sealed record ErrorEnvelope(bool Success, string Message, string ErrorCode, FieldError[] Errors, Meta Meta);

/// <summary>The same failure as RFC 9457 has it.</summary>
internal sealed record Problem(
    string Type,
    string Title,
    int Status,
    string Detail,
    string Instance,
    string ErrorCode,
    FieldError[] Errors,
    string RequestId
);

/// <summary>
/// About the answer rather than in it: where the page stands, and the id under which the logs know the request.
/// </summary>
internal sealed record Meta
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Page { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? PerPage { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Total { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public NextCursor? NextCursor { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Dictionary<string, FacetCount[]>? Facets { get; init; }

    /// <summary>False where there was so much that the facets were reckoned from a sample.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? FacetsExact { get; init; }

    /// <summary>Words that were perhaps meant, because those that were typed found little.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string[]? AlsoSearched { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RequestId { get; init; }
}

/// <summary>
/// How many results have this value; of a range also where it begins, and where it ends, which is not in it.
/// </summary>
internal sealed record FacetCount(string Value, long Count)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? From { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? To { get; init; }
}

/// <summary>Where a feed goes on; its value is null, and is written as null, at the feed's end.</summary>
[JsonConverter(typeof(NextCursorConverter))]
internal sealed record NextCursor(string? Value);

internal sealed class NextCursorConverter : JsonConverter<NextCursor>
{
    public override NextCursor Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
        new(reader.GetString());

    public override void Write(Utf8JsonWriter writer, NextCursor value, JsonSerializerOptions options)
    {
        if (value.Value is null)
            writer.WriteNullValue();
        else
            writer.WriteStringValue(value.Value);
    }
}

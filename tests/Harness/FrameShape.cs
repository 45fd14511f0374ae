using System.Text.Json;
using System.Text.Json.Nodes;
using Veza.Features.Chat.Realtime;
using Veza.Tests.Infrastructure.Http;

namespace Veza.Tests.Harness;

/// <summary>
/// Holds a frame that came against the document of the socket: its type is known, it has no member that the document
/// lacks, and each is of a kind that it may be.
/// </summary>
internal static class FrameShape
{
    private static readonly Dictionary<string, JsonObject> Schemas = ChatFrames.OfServer.ToDictionary(
        kind => kind.Type,
        AsyncApiDocument.Schema
    );

    internal static string? Fault(JsonElement frame)
    {
        var type = frame.Text("type");
        return Schemas.TryGetValue(type, out var schema)
            ? Fault(schema, frame, type)
            : $"the document knows no frame {type}";
    }

    private static string? Fault(JsonNode? node, JsonElement value, string at)
    {
        if (node is not JsonObject schema)
            return null; // "true": anything may stand here
        if (schema["const"] is { } only && only.ToString() != value.ToString())
            return $"{at} is {value}, not {only}";
        string[] kinds = schema["type"] switch
        {
            JsonArray several => [.. several.Select(kind => kind!.ToString())],
            JsonNode one => [one.ToString()],
            _ => [],
        };
        if (kinds.Length > 0 && !kinds.Any(kind => Is(kind, value)))
            return $"{at} is {value.ValueKind}, not {string.Join(" or ", kinds)}";
        if (value.ValueKind == JsonValueKind.Array)
            return value
                .EnumerateArray()
                .Select((item, i) => Fault(schema["items"], item, $"{at}[{i}]"))
                .FirstOrDefault(fault => fault is not null);
        if (value.ValueKind != JsonValueKind.Object || schema["properties"] is not JsonObject properties)
            return null;
        return value
            .EnumerateObject()
            .Select(member =>
                properties.ContainsKey(member.Name)
                    ? Fault(properties[member.Name], member.Value, $"{at}.{member.Name}")
                    : $"{at}.{member.Name} is not in the document"
            )
            .FirstOrDefault(fault => fault is not null);
    }

    private static bool Is(string kind, JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.Null => kind == "null",
            JsonValueKind.True or JsonValueKind.False => kind == "boolean",
            JsonValueKind.Number => kind == "number" || kind == "integer" && value.TryGetInt64(out _),
            _ => kind.Equals(value.ValueKind.ToString(), StringComparison.OrdinalIgnoreCase),
        };
}

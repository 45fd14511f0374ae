using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;

namespace Veza.Features.Chat.Realtime;

/// <summary>
/// The socket as an AsyncAPI 3 document (asyncapi.com), made from <see cref="ChatFrames"/> and the records that are
/// read and written.
/// </summary>
internal static class AsyncApiDocument
{
    private const string Channel = "#/channels/chat";

    // What is null on the wire is so because it may be: members that may not be null say so by their types.
    private static readonly JsonSchemaExporterOptions Exported = new() { TreatNullObliviousAsNonNullable = true };

    internal static JsonObject Of(Uri publicUrl, string version)
    {
        var client = ChatFrames.OfClients.ToDictionary(
            kind => "client." + kind.Type,
            kind => Message(kind.Type, kind.Summary, Schema(kind), JsonNode.Parse(kind.Example))
        );
        var server = ChatFrames.OfServer.ToDictionary(
            kind => "server." + kind.Type,
            kind => Message(kind.Type, kind.Summary, Schema(kind), null)
        );
        return new JsonObject
        {
            ["asyncapi"] = "3.0.0",
            ["info"] = new JsonObject
            {
                ["title"] = "Veza chat",
                ["version"] = version,
                ["description"] =
                    "The socket of rooms: one JSON object per text frame. docs/API.md has the promise, the "
                    + "close codes and the limits.",
            },
            ["defaultContentType"] = "application/json",
            ["servers"] = new JsonObject
            {
                ["veza"] = new JsonObject
                {
                    ["host"] = publicUrl.Authority,
                    ["protocol"] = publicUrl.Scheme == "https" ? "wss" : "ws",
                    ["security"] = new JsonArray(new JsonObject { ["$ref"] = "#/components/securitySchemes/bearer" }),
                },
            },
            ["channels"] = new JsonObject
            {
                ["chat"] = new JsonObject
                {
                    ["address"] = "/api/v1/chat/ws",
                    ["description"] = "Subprotocol veza.chat.v1.",
                    ["messages"] = References(client.Keys.Concat(server.Keys), "#/components/messages/"),
                },
            },
            ["operations"] = new JsonObject([
                .. ChatFrames.OfClients.Select(kind =>
                    KeyValuePair.Create(
                        "receive." + kind.Type,
                        (JsonNode?)Operation("receive", "client." + kind.Type, kind.Summary, isAnswered: true)
                    )
                ),
                .. ChatFrames
                    .OfServer.Where(kind => kind.Type is not ("ack" or "error"))
                    .Select(kind =>
                        KeyValuePair.Create(
                            "send." + kind.Type,
                            (JsonNode?)Operation("send", "server." + kind.Type, kind.Summary, isAnswered: false)
                        )
                    ),
            ]),
            ["components"] = new JsonObject
            {
                ["securitySchemes"] = new JsonObject
                {
                    ["bearer"] = new JsonObject
                    {
                        ["type"] = "http",
                        ["scheme"] = "bearer",
                        ["bearerFormat"] = "JWT",
                        ["description"] =
                            "The Authorization header, or from a browser a second subprotocol, bearer.JWT.",
                    },
                },
                ["messages"] = new JsonObject(
                    client.Concat(server).Select(message => KeyValuePair.Create(message.Key, (JsonNode?)message.Value))
                ),
            },
        };
    }

    /// <summary>The members of a client's frame, out of the one record that all of them are read into.</summary>
    internal static JsonObject Schema(ClientFrameKind kind)
    {
        var all = Exporter(Frames.Json.ClientFrame)["properties"]!.AsObject();
        string[] names = ["type", "ref", .. kind.Required, .. kind.Optional];
        var properties = new JsonObject(
            names.Select(name =>
                KeyValuePair.Create<string, JsonNode?>(
                    name,
                    all[name]?.DeepClone()
                        ?? throw new InvalidOperationException($"{kind.Type} has a member {name} that is not read")
                )
            )
        );
        properties["type"] = new JsonObject { ["const"] = kind.Type };
        return new JsonObject
        {
            ["type"] = "object",
            ["required"] = Strings(["type", .. kind.Required]),
            ["properties"] = properties,
        };
    }

    internal static JsonObject Schema(ServerFrameKind kind)
    {
        var schema = Exporter(kind.Shape);
        schema["type"] = "object";
        schema["properties"]!["type"] = new JsonObject { ["const"] = kind.Type };
        return schema;
    }

    private static JsonObject Exporter(JsonTypeInfo shape) => shape.GetJsonSchemaAsNode(Exported).AsObject();

    private static JsonObject Message(string type, string summary, JsonObject payload, JsonNode? example)
    {
        var message = new JsonObject
        {
            ["name"] = type,
            ["summary"] = summary,
            ["payload"] = payload,
        };
        if (example is not null)
            message["examples"] = new JsonArray(new JsonObject { ["payload"] = example });
        return message;
    }

    private static JsonObject Operation(string action, string message, string summary, bool isAnswered)
    {
        var operation = new JsonObject
        {
            ["action"] = action,
            ["summary"] = summary,
            ["channel"] = new JsonObject { ["$ref"] = Channel },
            ["messages"] = new JsonArray(new JsonObject { ["$ref"] = $"{Channel}/messages/{message}" }),
        };
        if (isAnswered)
            operation["reply"] = new JsonObject
            {
                ["channel"] = new JsonObject { ["$ref"] = Channel },
                ["messages"] = new JsonArray(
                    new JsonObject { ["$ref"] = $"{Channel}/messages/server.ack" },
                    new JsonObject { ["$ref"] = $"{Channel}/messages/server.error" }
                ),
            };
        return operation;
    }

    private static JsonObject References(IEnumerable<string> names, string under) =>
        new(names.Select(name => KeyValuePair.Create(name, (JsonNode?)new JsonObject { ["$ref"] = under + name })));

    private static JsonArray Strings(IEnumerable<string> values) =>
        [.. values.Select(value => (JsonNode?)JsonValue.Create(value))];
}

using System.Text.Json;
using System.Text.Json.Nodes;
using FastEndpoints;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;
using Veza.Infrastructure.Security;

namespace Veza.Infrastructure.Http;

/// <summary>
/// OpenAPI 3.1 of every route, made from the slices themselves: types, examples, errors and who may call.
/// </summary>
internal static class ApiDocument
{
    internal const string Name = "v1";
    private const string BearerScheme = "bearer",
        ErrorSchema = "ErrorEnvelope";

    internal static void Add(IServiceCollection services) =>
        services.AddOpenApi(
            Name,
            options =>
            {
                options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
                options.CreateSchemaReferenceId = type =>
                    SchemaName(type.Type) ?? OpenApiOptions.CreateDefaultSchemaReferenceId(type);
                options.AddDocumentTransformer(
                    async (document, context, ct) =>
                    {
                        document.Info = new OpenApiInfo
                        {
                            Title = "Veza",
                            Version = Health.HealthRoutes.Version.Split('+')[0],
                            Description =
                                "The open backend for audio communities: tracks, streams, rooms. Every answer "
                                + "is an envelope; "
                                + "every failure has a code.",
                            License = new OpenApiLicense { Name = "Apache-2.0", Identifier = "Apache-2.0" },
                        };
                        document.Servers =
                        [
                            new OpenApiServer
                            {
                                Url = context
                                    .ApplicationServices.GetRequiredService<Configuration.Settings>()
                                    .PublicUrl.OriginalString,
                            },
                        ];
                        document.Components ??= new OpenApiComponents();
                        document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
                        document.Components.SecuritySchemes[BearerScheme] = new OpenApiSecurityScheme
                        {
                            Type = SecuritySchemeType.Http,
                            Scheme = "bearer",
                            BearerFormat = "JWT",
                            Description = "The access_token of register, login or refresh.",
                        };
                        document.AddComponent(
                            ErrorSchema,
                            await context.GetOrCreateSchemaAsync(typeof(ErrorEnvelope), cancellationToken: ct)
                        );
                    }
                );
                options.AddOperationTransformer(Describe);
                options.AddOperationTransformer(SliceParameters.Describe);
            }
        );

    private static Task Describe(
        OpenApiOperation operation,
        OpenApiOperationTransformerContext context,
        CancellationToken ct
    )
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        if (metadata.OfType<SliceDocument>().FirstOrDefault() is not { } slice)
            return Task.CompletedTask;
        var json = context.ApplicationServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        operation.Summary = slice.Summary;
        // The library puts the method before the name of a slice that has several.
        if (metadata.OfType<EndpointDefinition>().FirstOrDefault() is { } definition)
            operation.OperationId = definition.EndpointType.Name;
        if (context.Description.HttpMethod == HttpMethods.Head)
            operation.OperationId += "Head";
        var anonymous = metadata.OfType<AnonymousAccess>().Any();
        if (!anonymous)
            operation.Security =
            [
                new OpenApiSecurityRequirement
                {
                    [new OpenApiSecuritySchemeReference(BearerScheme, context.Document)] = [],
                },
            ];
        if (slice.Request is not null)
            foreach (var content in operation.RequestBody?.Content?.Values ?? [])
                content.Example = Example(slice.Request, json);

        operation.Responses ??= [];
        var success = slice.Status.ToString();
        if (!operation.Responses.TryGetValue(success, out var answer))
            operation.Responses[success] = answer = new OpenApiResponse();
        if (answer is OpenApiResponse done)
        {
            done.Description = slice.Summary;
            if (slice.Response is not null)
                foreach (var content in done.Content?.Values ?? [])
                    content.Example = Envelope(Example(slice.Response, json));
        }

        Error[] errors = anonymous ? slice.Errors : [Errors.Unauthenticated, .. slice.Errors];
        if (metadata.OfType<RequiredPermission>().FirstOrDefault() is { } required)
        {
            operation.Description = $"Needs the permission `{required.Permission}`.";
            errors = [.. errors, Errors.Forbidden];
        }

        if (metadata.OfType<FreshAccess>().Any())
        {
            operation.Description += " A factor must have been proven in the last 15 minutes (step-up).";
            errors = [.. errors, Errors.StepUpRequired];
        }

        foreach (var group in errors.GroupBy(e => e.Status).OrderBy(g => g.Key))
            operation.Responses[group.Key.ToString()] = new OpenApiResponse
            {
                Description = string.Join(", ", group.Select(e => e.Code).Distinct()),
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    ["application/json"] = new OpenApiMediaType
                    {
                        Schema = new OpenApiSchemaReference(ErrorSchema, context.Document),
                        Example = Example(
                            new ErrorEnvelope(
                                false,
                                group.First().Message,
                                group.First().Code,
                                group.First().Fields,
                                new Meta { RequestId = "0HNH7D3CQ1N4T-00000001" }
                            ),
                            json
                        ),
                    },
                },
            };
        return Task.CompletedTask;
    }

    private static JsonObject Envelope(JsonNode? data) =>
        new()
        {
            ["success"] = true,
            ["message"] = "OK",
            ["data"] = data,
            ["meta"] = new JsonObject(),
            ["errors"] = new JsonArray(),
        };

    /// <summary>Examples are objects of the slice's own types, or JSON text where a slice has no type for it.</summary>
    private static JsonNode? Example(object example, JsonSerializerOptions json) =>
        example as JsonNode is { } node
            ? node.DeepClone()
            : JsonSerializer.SerializeToNode(example, json.GetTypeInfo(example.GetType()));

    /// <summary>Slices all call their types Request and Response; the document tells them apart by the slice.</summary>
    private static string? SchemaName(Type type)
    {
        if (type.IsArray || type == typeof(string) || type.IsPrimitive)
            return null;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Envelope<>))
            return (SchemaName(type.GetGenericArguments()[0]) ?? ListName(type.GetGenericArguments()[0])) + "Envelope";
        if (type.IsGenericType)
            return null;
        // What a room shows to others has a name of its own; requests and responses have their slice's.
        if (type.DeclaringType is { } slice)
            return slice.Name.EndsWith("Reads", StringComparison.Ordinal) ? type.Name : slice.Name + type.Name;
        return type.Namespace?.StartsWith("Veza", StringComparison.Ordinal) == true ? type.Name : null;
    }

    private static string ListName(Type type) =>
        type.IsArray ? (SchemaName(type.GetElementType()!) ?? type.GetElementType()!.Name) + "List" : type.Name;
}

using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Veza.Infrastructure.Http;

/// <summary>
/// Tells the OpenAPI document what it does not see of a slice: what comes from its address, and that its body may be
/// left out.
/// </summary>
internal static class SliceParameters
{
    internal static async Task Describe(
        OpenApiOperation operation,
        OpenApiOperationTransformerContext context,
        CancellationToken ct
    )
    {
        if (
            context.Description.ActionDescriptor.EndpointMetadata.OfType<SliceParts>().FirstOrDefault() is not { } parts
        )
            return;
        foreach (var parameter in parts.Parameters)
        {
            var type = Nullable.GetUnderlyingType(parameter.Type) ?? parameter.Type;
            var schema = await context.GetOrCreateSchemaAsync(type, cancellationToken: ct);
            if (parameter.Default is not null)
                schema.Default = JsonValue.Create(parameter.Default.ToString());
            operation.Parameters ??= [];
            operation.Parameters.Add(
                new OpenApiParameter
                {
                    Name = parameter.Name,
                    In = Enum.Parse<ParameterLocation>(parameter.In),
                    Required = parameter.IsRequired,
                    Schema = schema,
                }
            );
        }

        if (parts.NeedsBody is false)
            foreach (var content in operation.RequestBody?.Content?.Values.OfType<OpenApiMediaType>() ?? [])
                content.Schema = new OpenApiSchema
                {
                    OneOf = [new OpenApiSchema { Type = JsonSchemaType.Null }, content.Schema!],
                };
    }
}

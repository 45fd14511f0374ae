using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Veza.Infrastructure.Http;

/// <summary>The JSON body of a request.</summary>
internal static class RequestBody
{
    internal static async ValueTask<T> Required<T>(HttpContext http, CancellationToken ct)
        where T : class =>
        await Optional<T>(http, ct)
        ?? throw new RefusedException(Errors.BadRequest.Saying("The request could not be read"));

    /// <summary>Null where there is none, and where it is <c>null</c>.</summary>
    internal static async ValueTask<T?> Optional<T>(HttpContext http, CancellationToken ct)
        where T : class
    {
        if (http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody != true)
            return null;
        if (!http.Request.HasJsonContentType())
            throw new RefusedException(Errors.UnsupportedMediaType);
        var json = http.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        return await http.Request.ReadFromJsonAsync((JsonTypeInfo<T>)json.GetTypeInfo(typeof(T)), ct);
    }
}

using System.Reflection;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Veza.Infrastructure.Http;

/// <summary>What a slice returns: the data in its envelope, or the error. Both convert to it by themselves.</summary>
internal sealed class Answer<T> : IResult, IEndpointMetadataProvider
{
    private readonly Envelope<T>? envelope;
    private readonly int status;

    private Answer(Envelope<T>? envelope, Error? error, int status)
    {
        this.envelope = envelope;
        Error = error;
        this.status = status;
    }

    internal string? Location { get; init; }

    /// <summary>
    /// Of data that a client may keep and ask after: a GET with the same tag in If-None-Match is 304.
    /// </summary>
    internal string? ETag { get; init; }

    /// <summary>Null when it is data.</summary>
    internal Error? Error { get; }

    public static implicit operator Answer<T>(T data) => Of(data, "OK");

    public static implicit operator Answer<T>(Error error) => new(null, error, error.Status);

    internal static Answer<T> Of(T data, string message, int status = StatusCodes.Status200OK, Meta? meta = null) =>
        new(new Envelope<T>(true, message, data, meta ?? new Meta(), []), null, status);

    /// <summary>201 with the address of what was made.</summary>
    internal static Answer<T> Created(T data, string message, string location) =>
        new(new Envelope<T>(true, message, data, new Meta(), []), null, StatusCodes.Status201Created)
        {
            Location = location,
        };

    /// <summary>Data with its tag; what it shows depends on who asks.</summary>
    internal static Answer<T> Tagged(T data, string tag, string message = "OK") =>
        new(new Envelope<T>(true, message, data, new Meta(), []), null, StatusCodes.Status200OK) { ETag = tag };

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new AnswerMetadata(typeof(Envelope<T>)));

    public Task ExecuteAsync(HttpContext context)
    {
        if (Error is not null)
            return ErrorWriter.Write(context, Error);
        context.Response.StatusCode = status;
        if (Location is not null)
            context.Response.Headers.Location = Location;
        if (envelope!.Data is INeverStored)
            context.Response.Headers.CacheControl = "no-store";
        if (ETag is not null && IsFresh(context))
            return Task.CompletedTask;
        var json = context.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        return context.Response.WriteAsJsonAsync(
            envelope!,
            (System.Text.Json.Serialization.Metadata.JsonTypeInfo<Envelope<T>>)json.GetTypeInfo(typeof(Envelope<T>)),
            contentType: null,
            context.RequestAborted
        );
    }

    /// <summary>Sets the headers of a tagged answer, and the status 304 when the client has it.</summary>
    private bool IsFresh(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        response.Headers.ETag = ETag;
        response.Headers.CacheControl = "no-cache, private";
        response.Headers.Vary = "Authorization";
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
            return false;
        var tag = new EntityTagHeaderValue(ETag!);
        if (
            !request
                .GetTypedHeaders()
                .IfNoneMatch.Any(known =>
                    known == EntityTagHeaderValue.Any || known.Compare(tag, useStrongComparison: false)
                )
        )
            return false;
        response.StatusCode = StatusCodes.Status304NotModified;
        return true;
    }
}

/// <summary>The type of a slice's envelope, for the OpenAPI document.</summary>
internal sealed record AnswerMetadata(Type Envelope);

/// <summary>Data of a call that has nothing to say but that it was done.</summary>
internal sealed record Nothing
{
    internal static readonly Nothing Value = new();
}

using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Veza.Infrastructure.Http;

/// <summary>The one mapper of failures to the wire: the envelope, or RFC 9457 for those who accept it.</summary>
internal static class ErrorWriter
{
    private const string ProblemJson = "application/problem+json",
        Json = "application/json; charset=utf-8";

    /// <summary>
    /// Of the answer that was begun: what a client needs to understand the failure, on a page of another origin too.
    /// </summary>
    private static readonly string[] KeptHeaders =
    [
        "Allow",
        "Access-Control-Allow-Origin",
        "Access-Control-Expose-Headers",
        "Content-Range",
        "RateLimit",
        "RateLimit-Policy",
        "Sec-WebSocket-Version",
        "Upgrade",
        "Tus-Resumable",
        "Tus-Version",
        "Veza-Verdict",
    ];

    internal static Task Write(HttpContext context, Error error)
    {
        var response = context.Response;
        if (response.HasStarted)
        {
            // Too late for a body: cut the connection, so that a half answer is never taken for a whole one.
            context.Abort();
            return Task.CompletedTask;
        }

        if (error.Status == StatusCodes.Status413PayloadTooLarge)
            ReadOut(context);
        var body = Head(context, error);
        if (HttpMethods.IsHead(context.Request.Method))
            return Task.CompletedTask;
        return response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    /// <summary>Sets the status and the headers of a failure, and gives the body that belongs to them.</summary>
    internal static byte[] Head(HttpContext context, Error error)
    {
        var response = context.Response;
        var kept = Array.ConvertAll(KeptHeaders, name => response.Headers[name]);
        response.Headers.Clear();
        response.Headers.CacheControl = "no-store";
        RequestId.Tell(context);
        for (var i = 0; i < kept.Length; i++)
            if (kept[i].Count > 0)
                response.Headers[KeptHeaders[i]] = kept[i];
        response.StatusCode = error.Status;
        if (error.RetryAfterS is { } seconds)
            response.Headers.RetryAfter = seconds.ToString();
        if (error.Status == StatusCodes.Status401Unauthorized)
            response.Headers.WWWAuthenticate = "Bearer";

        var options = context.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        var id = RequestId.Of(context);
        if (Accepts(context, ProblemJson))
        {
            var type = $"urn:veza:error:{error.Code}";
            var problem = new Problem(
                type,
                Title(error.Code),
                error.Status,
                error.Message,
                context.Request.Path,
                error.Code,
                error.Fields,
                id
            );
            response.ContentType = ProblemJson;
            return JsonSerializer.SerializeToUtf8Bytes(problem, options.GetTypeInfo(typeof(Problem)));
        }

        var envelope = new ErrorEnvelope(false, error.Message, error.Code, error.Fields, new Meta { RequestId = id });
        response.ContentType = Json;
        return JsonSerializer.SerializeToUtf8Bytes(envelope, options.GetTypeInfo(typeof(ErrorEnvelope)));
    }

    /// <summary>
    /// Lets Kestrel read what the client is still sending, for the few seconds that it grants, before the connection
    /// closes: a connection that is reset under a client in the middle of its body takes the answer away with it.
    /// </summary>
    private static void ReadOut(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;
    }

    private static bool Accepts(HttpContext context, string type)
    {
        foreach (var value in context.Request.Headers.Accept)
            if (value?.Contains(type, StringComparison.OrdinalIgnoreCase) == true)
                return true;
        return false;
    }

    /// <summary>EMAIL_TAKEN as "Email taken".</summary>
    private static string Title(string code) => code[0] + code[1..].Replace('_', ' ').ToLowerInvariant();
}

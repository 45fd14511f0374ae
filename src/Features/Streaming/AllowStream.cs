using Veza.Infrastructure.Http;

namespace Veza.Features.Streaming;

/// <summary>Answers the browser's question before a player on another page asks for a range.</summary>
internal static class AllowStream
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapMethods("/stream/{**path}", ["OPTIONS"], Handle)
            .WithName("AllowStream")
            .Anonymous()
            .Produces(StatusCodes.Status204NoContent)
            .Documented("Streaming", "Answer the CORS preflight of a stream", status: StatusCodes.Status204NoContent);

    private static void Handle(string? path, HttpContext http)
    {
        StreamHeaders.AllowAllOrigins(http.Response);
        http.Response.Headers.AccessControlAllowMethods = "GET, HEAD";
        http.Response.Headers.AccessControlAllowHeaders = "Range, If-Range, If-None-Match";
        http.Response.Headers.AccessControlMaxAge = "86400";
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}

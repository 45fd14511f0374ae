using FastEndpoints;
using Veza.Infrastructure.Http;

namespace Veza.Features.Streaming;

/// <summary>Answers the browser's question before a player on another page asks for a range.</summary>
internal sealed class AllowStream : ResultSlice<AllowStream.Request>
{
    internal sealed record Request(string Path);

    public override void Configure()
    {
        Verbs(Http.OPTIONS);
        Routes("/stream/{**path}");
        Group<StreamingGroup>();
        Description(route =>
            route
                .Anonymous()
                .Produces(StatusCodes.Status204NoContent)
                .Described("Answer the CORS preflight of a stream", status: StatusCodes.Status204NoContent)
        );
    }

    public override Task<IResult> ExecuteAsync(Request request, CancellationToken ct)
    {
        var response = HttpContext.Response;
        StreamHeaders.AllowAllOrigins(response);
        response.Headers.AccessControlAllowMethods = "GET, HEAD";
        response.Headers.AccessControlAllowHeaders = "Range, If-Range, If-None-Match";
        response.Headers.AccessControlMaxAge = "86400";
        return Task.FromResult(Results.NoContent());
    }
}

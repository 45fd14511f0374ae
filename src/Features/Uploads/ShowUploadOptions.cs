using System.Globalization;
using Veza.Infrastructure.Http;

namespace Veza.Features.Uploads;

/// <summary>What is spoken here of tus, and how large a file may be.</summary>
internal static class ShowUploadOptions
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapMethods(Tus.UploadsPath, ["OPTIONS"], Handle)
            .WithName("ShowUploadOptions")
            .Anonymous()
            .Documented(
                "Uploads",
                "Show the tus versions and extensions of this server",
                status: StatusCodes.Status204NoContent
            );

    private static IResult Handle(HttpContext http)
    {
        var headers = http.Response.Headers;
        headers["Tus-Resumable"] = headers["Tus-Version"] = Tus.Version;
        headers["Tus-Extension"] = Tus.Extensions;
        headers["Tus-Max-Size"] = UploadsLimits.FileBytesMax.ToString(CultureInfo.InvariantCulture);
        headers["Tus-Checksum-Algorithm"] = UploadChecksum.Algorithms;
        return TypedResults.StatusCode(StatusCodes.Status204NoContent);
    }
}

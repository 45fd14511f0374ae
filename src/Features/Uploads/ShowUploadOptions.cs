using System.Globalization;
using FastEndpoints;
using Veza.Infrastructure.Http;

namespace Veza.Features.Uploads;

/// <summary>What is spoken here of tus, and how large a file may be.</summary>
internal sealed class ShowUploadOptions : ResultSlice
{
    public override void Configure()
    {
        Verbs(Http.OPTIONS);
        Routes("/uploads");
        Group<UploadsGroup>();
        Description(route =>
            route
                .Anonymous()
                .Described(
                    "Show the tus versions and extensions of this server",
                    status: StatusCodes.Status204NoContent
                )
        );
    }

    protected override Task<IResult> Execute(CancellationToken ct)
    {
        var headers = HttpContext.Response.Headers;
        headers["Tus-Resumable"] = headers["Tus-Version"] = Tus.Version;
        headers["Tus-Extension"] = Tus.Extensions;
        headers["Tus-Max-Size"] = UploadsLimits.FileBytesMax.ToString(CultureInfo.InvariantCulture);
        headers["Tus-Checksum-Algorithm"] = UploadChecksum.Algorithms;
        return Task.FromResult<IResult>(TypedResults.StatusCode(StatusCodes.Status204NoContent));
    }
}

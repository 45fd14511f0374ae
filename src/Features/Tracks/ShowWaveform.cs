using Veza.Infrastructure.Http;
using Veza.Infrastructure.Media;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Tracks;

/// <summary>
/// The waveform in the JSON shape of audiowaveform, version 2, without an envelope, so that peaks.js and wavesurfer.js
/// read it as it is; with
/// <c>Accept: application/octet-stream</c> its binary file.
/// </summary>
internal static class ShowWaveform
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/tracks/{id}/waveform", Handle)
            .WithName("ShowWaveform")
            .Anonymous(seesMoreWith: Permissions.TracksRead)
            .Produces<WaveformShape>()
            .Documented(
                "Tracks",
                "Show a track's waveform",
                errors: [TracksReads.TrackNotFound, TracksErrors.WaveformNotReady, Errors.Validation]
            );

    private static Task<IResult> Handle(
        Guid id,
        int? samples_per_pixel,
        int? pixels,
        Caller? caller,
        HttpContext http,
        PostgresSource postgres,
        IObjectStore store,
        CancellationToken ct
    )
    {
        var isBinary = http.Request.Headers.Accept.Any(accept =>
            accept?.Contains(StoredWaveform.BinaryType, StringComparison.OrdinalIgnoreCase) == true
        );
        return StoredWaveform.Answer(
            http,
            id,
            caller?.UserId,
            new WaveformDetail(samples_per_pixel, pixels),
            isBinary,
            postgres,
            store,
            ct
        );
    }
}

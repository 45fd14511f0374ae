using Veza.Infrastructure.Http;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Tracks;

/// <summary>
/// The waveform as audiowaveform's binary file, version 2, 8 bits: for players that choose by the address, such as
/// peaks.js.
/// </summary>
internal static class ShowWaveformFile
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/tracks/{id}/waveform.dat", Handle)
            .WithName("ShowWaveformFile")
            .Anonymous(seesMoreWith: Permissions.TracksRead)
            .Produces(StatusCodes.Status200OK, contentType: StoredWaveform.BinaryType)
            .Documented(
                "Tracks",
                "Download a track's waveform as a binary file",
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
    ) =>
        StoredWaveform.Answer(
            http,
            id,
            caller?.UserId,
            new WaveformDetail(samples_per_pixel, pixels),
            isBinary: true,
            postgres,
            store,
            ct
        );
}

using Veza.Infrastructure.Http;
using Veza.Infrastructure.Media;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Tracks;

/// <summary>
/// The waveform in the JSON shape of audiowaveform, version 2, without an envelope, so that peaks.js and wavesurfer.js
/// read it as it is; with
/// <c>Accept: application/octet-stream</c> its binary file.
/// </summary>
internal sealed class ShowWaveform(PostgresSource postgres, IObjectStore store) : ResultSlice<ShowWaveform.Request>
{
    internal sealed record Request(Guid Id, int? SamplesPerPixel, int? Pixels);

    public override void Configure()
    {
        Get("/tracks/{id}/waveform");
        Group<TracksGroup>();
        Description(route =>
            route
                .Anonymous(seesMoreWith: TracksRead)
                .Produces<WaveformShape>()
                .Described(
                    "Show a track's waveform",
                    errors: [TracksReads.TrackNotFound, TracksErrors.WaveformNotReady, Errors.Validation]
                )
        );
    }

    public override Task<IResult> ExecuteAsync(Request request, CancellationToken ct)
    {
        var isBinary = HttpContext.Request.Headers.Accept.Any(accept =>
            accept?.Contains(StoredWaveform.BinaryType, StringComparison.OrdinalIgnoreCase) == true
        );
        return StoredWaveform.Answer(
            HttpContext,
            request.Id,
            CallerIfAny?.UserId,
            new WaveformDetail(request.SamplesPerPixel, request.Pixels),
            isBinary,
            postgres,
            store,
            ct
        );
    }
}

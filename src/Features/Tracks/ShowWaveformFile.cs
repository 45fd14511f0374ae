using Veza.Infrastructure.Http;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Tracks;

/// <summary>
/// The waveform as audiowaveform's binary file, version 2, 8 bits: for players that choose by the address, such as
/// peaks.js.
/// </summary>
internal sealed class ShowWaveformFile(PostgresSource postgres, IObjectStore store)
    : ResultSlice<ShowWaveformFile.Request>
{
    internal sealed record Request(Guid Id, int? SamplesPerPixel, int? Pixels);

    public override void Configure()
    {
        Get("/tracks/{id}/waveform.dat");
        Group<TracksGroup>();
        Description(route =>
            route
                .Anonymous(seesMoreWith: TracksRead)
                .Produces(StatusCodes.Status200OK, contentType: StoredWaveform.BinaryType)
                .Described(
                    "Download a track's waveform as a binary file",
                    errors: [TracksReads.TrackNotFound, TracksErrors.WaveformNotReady, Errors.Validation]
                )
        );
    }

    public override Task<IResult> ExecuteAsync(Request request, CancellationToken ct) =>
        StoredWaveform.Answer(
            HttpContext,
            request.Id,
            CallerIfAny?.UserId,
            new WaveformDetail(request.SamplesPerPixel, request.Pixels),
            isBinary: true,
            postgres,
            store,
            ct
        );
}

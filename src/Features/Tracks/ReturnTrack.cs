using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Tracks;

/// <summary>Ends a withdrawal: the track is where it was. Stream URLs of before stay void.</summary>
internal static class ReturnTrack
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/tracks/{id}/withdrawal", Handle)
            .WithName("ReturnTrack")
            .Requires(Permissions.TracksWrite)
            .Documented("Tracks", "Return a withdrawn track", Track.Example, errors: TracksReads.TrackNotFound);

    private static Task<Answer<Track>> Handle(Guid id, Caller caller, PostgresSource postgres, CancellationToken ct) =>
        Withdrawals.Set(postgres, id, caller, withdrawn: false, ct);
}

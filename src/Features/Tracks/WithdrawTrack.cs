using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Tracks;

/// <summary>Takes the caller's own track back from everybody, at once, without deleting anything.</summary>
internal static class WithdrawTrack
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPut("/api/v1/tracks/{id}/withdrawal", Handle)
            .WithName("WithdrawTrack")
            .Requires(Permissions.TracksWrite)
            .Documented("Tracks", "Withdraw a track", Withdrawals.Example, errors: TracksReads.TrackNotFound);

    private static Task<Answer<Track>> Handle(Guid id, Caller caller, PostgresSource postgres, CancellationToken ct) =>
        Withdrawals.Set(postgres, id, caller, withdrawn: true, ct);
}

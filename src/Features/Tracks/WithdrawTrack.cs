using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Tracks;

/// <summary>Takes the caller's own track back from everybody, at once, without deleting anything.</summary>
internal sealed class WithdrawTrack(PostgresSource postgres) : Slice<WithdrawTrack.Request, Track>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Put("/tracks/{id}/withdrawal");
        Group<TracksGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .Described("Withdraw a track", Withdrawals.Example, errors: TracksReads.TrackNotFound)
        );
    }

    public override Task<Answer<Track>> ExecuteAsync(Request request, CancellationToken ct) =>
        Withdrawals.Set(postgres, request.Id, Caller, withdrawn: true, ct);
}

using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Tracks;

/// <summary>Ends a withdrawal: the track is where it was. Stream URLs of before stay void.</summary>
internal sealed class ReturnTrack(PostgresSource postgres) : Slice<ReturnTrack.Request, Track>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Delete("/tracks/{id}/withdrawal");
        Group<TracksGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .Described("Return a withdrawn track", Track.Example, errors: TracksReads.TrackNotFound)
        );
    }

    public override Task<Answer<Track>> ExecuteAsync(Request request, CancellationToken ct) =>
        Withdrawals.Set(postgres, request.Id, Caller, withdrawn: false, ct);
}

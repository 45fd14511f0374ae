using Veza.Infrastructure.Http;

namespace Veza.Features.Tracks;

/// <summary>What other rooms may show and say of tracks.</summary>
internal static class TracksReads
{
    internal static readonly Error TrackNotFound = new("TRACK_NOT_FOUND", 404, "There is no such track");

    internal static readonly Error TrackNotReady = new(
        "TRACK_NOT_READY",
        409,
        "The track is still being processed; watch its status"
    );

    internal static readonly Error TrackFailed = new(
        "TRACK_FAILED",
        409,
        "The track could not be processed; its failure says why"
    );
}

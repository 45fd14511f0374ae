using Veza.Infrastructure.Http;

namespace Veza.Features.Tracks;

/// <summary>How requests about tracks fail.</summary>
internal static class TracksErrors
{
    internal static readonly Error CoverNotFound = new("COVER_NOT_FOUND", 404, "The track has no cover");

    internal static readonly Error RecordingUnprinted = new(
        "RECORDING_UNPRINTED",
        422,
        "The track has no print to know the recording by: it is not ready, or too short"
    );

    internal static readonly Error RecordingBlockedAlready = new(
        "RECORDING_BLOCKED_ALREADY",
        409,
        "The recording of this track is blocked already"
    );

    internal static readonly Error BlockedRecordingNotFound = new(
        "BLOCKED_RECORDING_NOT_FOUND",
        404,
        "There is no such blocked recording"
    );

    internal static readonly Error WaveformNotReady = new(
        "WAVEFORM_NOT_READY",
        409,
        "The waveform is drawn when the track is ready"
    );

    internal static readonly Error TrackNotProcessing = new(
        "TRACK_NOT_PROCESSING",
        409,
        "The track is not being processed; its status says how it stands"
    );

    internal static readonly Error TooManyEventStreams = new(
        "TOO_MANY_EVENT_STREAMS",
        429,
        "You watch as many tracks at once as are allowed; close a stream first, or ask for the status now and then"
    )
    {
        RetryAfterS = 5,
    };

    internal static readonly Error OriginalForbidden = new(
        "ORIGINAL_FORBIDDEN",
        403,
        "Only its owner may download the original of a track"
    );

    internal static readonly Error OriginalNotFound = new(
        "ORIGINAL_NOT_FOUND",
        404,
        "The original of this track is not stored any more"
    );

    internal static readonly Error CommentNotFound = new("COMMENT_NOT_FOUND", 404, "There is no such comment");

    internal static readonly Error CommentForbidden = new(
        "COMMENT_FORBIDDEN",
        403,
        "Only its author edits a comment; its author, the track's owner and moderators delete it"
    );

    internal static readonly Error CommentsTooFast = new(
        "COMMENTS_TOO_FAST",
        429,
        "You have written many comments in a minute; write on after the time that Retry-After names"
    )
    {
        RetryAfterS = 60,
    };

    internal static readonly Error RevisionNotFound = new("REVISION_NOT_FOUND", 404, "The track has no such revision");

    internal static readonly Error RevisionInUse = new(
        "REVISION_IN_USE",
        409,
        "This revision is the one that is heard: restore another before you delete it"
    );

    internal static readonly Error RevisionUnusable = new(
        "REVISION_UNUSABLE",
        409,
        "This revision is being processed or has failed, so it cannot be restored"
    );

    /// <summary>Constraints of the schema, by the error that their violation means to a client.</summary>
    internal static readonly IReadOnlyDictionary<string, Error> ByConstraint = new Dictionary<string, Error>
    {
        ["blocked_recording_track_key"] = RecordingBlockedAlready,
    };
}

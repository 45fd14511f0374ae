using Veza.Features.Tracks.Reads;

namespace Veza.Features.Tracks;

/// <summary>A recording that nobody may upload, as moderators see it.</summary>
internal sealed record BlockedRecording(
    Guid Id,
    Guid TrackId,
    string Title,
    string Artist,
    string Reason,
    Guid? BlockedBy,
    DateTime CreatedAt
)
{
    internal static readonly BlockedRecording Example = new(
        Guid.Parse("019b0c66-5a10-7e44-8c1d-2b7f60c3d9e2"),
        Track.Example.Id,
        "Night Bus",
        "Mira",
        "Notice of 2 March: not the uploader's",
        Track.Example.User.Id,
        Track.Example.CreatedAt
    );
}

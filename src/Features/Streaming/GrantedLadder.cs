using Veza.Infrastructure.Http;
using Veza.Infrastructure.Media;

namespace Veza.Features.Streaming;

/// <summary>
/// What a signed URL gives of a track to a playlist or a manifest: its ladder, and the run of segments that may be
/// named, which is null where all of them may.
/// </summary>
internal sealed record GrantedLadder(AudioLadder Ladder, Range? Segments, StreamGrant Grant)
{
    /// <summary>It, or why there is none.</summary>
    internal static async Task<(GrantedLadder? Given, Error? Refused)> Find(
        StreamGrants grants,
        Ladders ladders,
        string grant,
        Guid trackId,
        long revision,
        CancellationToken ct
    )
    {
        if (grants.Refuse(grant, trackId, revision, out var granted) is { } refused)
            return (null, refused);
        if (await ladders.FindStored(trackId, revision, ct) is not { } ladder)
            return (null, StreamingErrors.StreamNotFound);
        if (granted.Terms.PreviewFromMs is not { } from)
            return (new GrantedLadder(ladder, null, granted), null);
        return Preview.Of(ladder, from) is { } preview
            ? (new GrantedLadder(ladder, preview.Segments, granted), null)
            : (null, StreamingErrors.PreviewTooShort);
    }
}

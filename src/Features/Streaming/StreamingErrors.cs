using Veza.Infrastructure.Http;

namespace Veza.Features.Streaming;

/// <summary>How streams fail.</summary>
internal static class StreamingErrors
{
    internal static readonly Error StreamSignatureInvalid = new(
        "STREAM_SIGNATURE_INVALID",
        403,
        "The stream URL's signature is not valid"
    );

    internal static readonly Error StreamUrlExpired = new(
        "STREAM_URL_EXPIRED",
        403,
        "The stream URL has expired; ask for a new one"
    );

    internal static readonly Error PreviewOnly = new(
        "PREVIEW_ONLY",
        403,
        "This URL gives a preview: read the byte ranges that its playlists name"
    );

    internal static readonly Error PreviewTooShort = new(
        "PREVIEW_TOO_SHORT",
        403,
        "The track is too short for a preview; only those with access to it can play it"
    );

    internal static readonly Error StreamNotFound = new("STREAM_NOT_FOUND", 404, "There is no such stream");
}

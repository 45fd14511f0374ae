using Veza.Infrastructure.Http;

namespace Veza.Features.Uploads;

/// <summary>How a file fails to come in.</summary>
internal static class UploadsErrors
{
    internal static readonly Error FormatUnsupported = new(
        "FORMAT_UNSUPPORTED",
        422,
        "This is not audio that Veza takes: MP3, AAC/M4A, FLAC, WAV, AIFF, Ogg Vorbis or Opus"
    );

    internal static readonly Error UploadTooLarge = new(
        "UPLOAD_TOO_LARGE",
        413,
        "The file is larger than this server takes"
    );

    internal static readonly Error QuotaExceeded = new(
        "QUOTA_EXCEEDED",
        422,
        "Your originals take all the room that an account has here; delete tracks, or ask the operator for more"
    );

    internal static readonly Error UploadNotFound = new("UPLOAD_NOT_FOUND", 404, "You have no such upload");

    internal static readonly Error UploadExpired = new(
        "UPLOAD_EXPIRED",
        410,
        "The upload lay idle too long and was removed; begin a new one"
    );

    internal static readonly Error UploadFinished = new(
        "UPLOAD_FINISHED",
        409,
        "The upload is a track already; delete that"
    );

    internal static readonly Error UploadOffsetConflict = new(
        "UPLOAD_OFFSET_CONFLICT",
        409,
        "The upload stands at another offset; ask for it with HEAD and go on from there"
    );

    internal static readonly Error UploadIncomplete = new(
        "UPLOAD_INCOMPLETE",
        409,
        "A part of it is not there to its last byte yet"
    );

    internal static readonly Error UploadIsFinal = new(
        "UPLOAD_IS_FINAL",
        403,
        "An upload that joins others takes no bytes of its own"
    );

    internal static readonly Error UploadLocked = new(
        "UPLOAD_LOCKED",
        423,
        "Another request is writing to this upload; ask again in a moment"
    )
    {
        RetryAfterS = 1,
    };

    internal static readonly Error UploadChecksumMismatch = new(
        "UPLOAD_CHECKSUM_MISMATCH",
        460,
        "The bytes are not those that the checksum is of; nothing of the request was kept, send it again"
    );

    internal static readonly Error TooManyUploads = new(
        "TOO_MANY_UPLOADS",
        429,
        "You have many uploads under way; finish or delete some"
    )
    {
        RetryAfterS = 60,
    };

    internal static readonly Error TusVersionUnsupported = new(
        "TUS_VERSION_UNSUPPORTED",
        412,
        "Send Tus-Resumable: 1.0.0, the version that this server speaks"
    );

    internal static readonly Error QueueFull = new(
        "QUEUE_FULL",
        429,
        "You have as many tracks waiting as are allowed; come back after the time that Retry-After names, "
            + "when some should be ready"
    )
    {
        RetryAfterS = 60,
    };

    internal static readonly Error ProcessingBusy = new(
        "PROCESSING_BUSY",
        429,
        "There is more to process than this server can take on now; come back after the time that "
            + "Retry-After names"
    )
    {
        RetryAfterS = 60,
    };

    internal static readonly Error ReplacementPending = new(
        "REPLACEMENT_PENDING",
        409,
        "Another replacement is being processed; wait for it, or delete that revision"
    );
}

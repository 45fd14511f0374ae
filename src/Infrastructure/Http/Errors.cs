namespace Veza.Infrastructure.Http;

/// <summary>
/// Ways to fail that any request can meet. Codes are permanent: a snapshot in the tests holds them, and docs/API.md
/// says which status means what.
/// </summary>
internal static class Errors
{
    internal static readonly Error BadRequest = new("BAD_REQUEST", 400, "The request could not be understood");

    internal static readonly Error JsonInvalid = new("JSON_INVALID", 400, "The body is not valid JSON");

    internal static readonly Error Validation = new("VALIDATION_ERROR", 422, "Some fields are not valid");

    internal static readonly Error CharacterRefused = new(
        "CHARACTER_REFUSED",
        400,
        "The character U+0000 cannot be stored"
    );

    internal static readonly Error RouteUnknown = new(
        "ROUTE_UNKNOWN",
        404,
        "There is nothing at this address; /openapi/v1.json lists what there is"
    );

    internal static readonly Error MethodNotAllowed = new(
        "METHOD_NOT_ALLOWED",
        405,
        "This address does not take this method; see the Allow header"
    );

    internal static readonly Error RequestTimeout = new("REQUEST_TIMEOUT", 408, "The request came in too slowly");

    internal static readonly Error PayloadTooLarge = new(
        "PAYLOAD_TOO_LARGE",
        413,
        "The body is larger than this address takes"
    );

    internal static readonly Error AddressTooLong = new(
        "ADDRESS_TOO_LONG",
        414,
        "The address is longer than this server reads"
    );

    internal static readonly Error HeadersTooLarge = new(
        "HEADERS_TOO_LARGE",
        431,
        "The headers are more, or larger, than this server reads"
    );

    internal static readonly Error UnsupportedMediaType = new(
        "UNSUPPORTED_MEDIA_TYPE",
        415,
        "The body's Content-Type is not taken here"
    );

    internal static readonly Error RateLimited = new(
        "RATE_LIMITED",
        429,
        "Too many requests; come back after the time that Retry-After names"
    )
    {
        RetryAfterS = 1,
    };

    internal static readonly Error Internal = new(
        "INTERNAL_ERROR",
        500,
        "Something went wrong on the server; name the request id when you report it"
    );

    internal static readonly Error Unavailable = new(
        "UNAVAILABLE",
        503,
        "A server behind this one does not answer; try again shortly"
    )
    {
        RetryAfterS = 2,
    };

    internal static readonly Error StorageFull = new("STORAGE_FULL", 507, "There is no space left to store this");

    internal static readonly Error PreconditionFailed = new(
        "PRECONDITION_FAILED",
        412,
        "Somebody has changed it since the ETag that If-Match names; read it again, then change it"
    );

    internal static readonly Error PageTooDeep = new(
        "PAGE_TOO_DEEP",
        422,
        "Pages end after 10,000 results: narrow the search"
    );

    internal static readonly Error Unauthenticated = new(
        "UNAUTHENTICATED",
        401,
        "Sign in first: send Authorization: Bearer <access_token>"
    );

    internal static readonly Error TokenInvalid = new("TOKEN_INVALID", 401, "The access token is not valid");

    internal static readonly Error TokenRevoked = new(
        "TOKEN_REVOKED",
        401,
        "The access token was revoked; use the refresh token, or sign in again"
    );

    internal static readonly Error Forbidden = new("FORBIDDEN", 403, "You may not do this");

    internal static readonly Error ScopeMissing = new("SCOPE_MISSING", 403, "The API key lacks the scope for this");

    internal static readonly Error StepUpRequired = new(
        "STEP_UP_REQUIRED",
        403,
        "Prove that it is you first: POST /api/v1/auth/step-up with your password or a code"
    );

    internal static readonly Error TokenExpired = new(
        "TOKEN_EXPIRED",
        401,
        "The access token has expired; use the refresh token"
    );

    internal static readonly Error HashingBusy = new(
        "SIGN_IN_BUSY",
        503,
        "Too many people are signing in at once; try again shortly"
    )
    {
        RetryAfterS = 5,
    };

    internal static readonly Error PictureMissing = new(
        "PICTURE_MISSING",
        422,
        "There is no picture: send it as the body, or as a form's part named 'file'"
    );

    internal static readonly Error PictureUnsupported = new(
        "PICTURE_UNSUPPORTED",
        422,
        "This is not a picture that Veza takes: JPEG, PNG, GIF or a WebP that does not move, of at most 40 "
            + "megapixels and 16,384 pixels at an edge"
    );

    internal static readonly Error PictureDamaged = new(
        "PICTURE_DAMAGED",
        422,
        "The picture is damaged or was cut short; save it again and send the new file"
    );

    internal static readonly Error PicturesBusy = new(
        "PICTURES_BUSY",
        503,
        "Many pictures are being made at once; try again shortly"
    )
    {
        RetryAfterS = 5,
    };

    internal static readonly Error PicturesUnavailable = new(
        "PICTURES_UNAVAILABLE",
        503,
        "This server cannot make pictures: its operator must install ffmpeg where the api role runs"
    )
    {
        RetryAfterS = 600,
    };

    internal static readonly Error FileMissing = new(
        "FILE_MISSING",
        422,
        "The form has no part named 'file' with a file in it"
    );

    internal static readonly Error FileEmpty = new("FILE_EMPTY", 422, "The file is empty");

    internal static readonly Error RangeUnsatisfiable = new(
        "RANGE_UNSATISFIABLE",
        416,
        "The range lies outside the file"
    );

    internal static readonly Error ClientIdReused = new(
        "CLIENT_ID_REUSED",
        409,
        "This client_id was used for another message"
    );

    internal static readonly Error UpgradeRequired = new(
        "UPGRADE_REQUIRED",
        426,
        "This address speaks WebSocket, subprotocol veza.chat.v1"
    );

    internal static readonly Error SocketsFull = new(
        "SOCKETS_FULL",
        503,
        "This process has as many sockets open as it takes; connect again and another process may have room"
    )
    {
        RetryAfterS = 5,
    };

    internal static readonly Error TooManySockets = new(
        "TOO_MANY_SOCKETS",
        429,
        "You have as many sockets open as one person may have; close one first"
    )
    {
        RetryAfterS = 30,
    };
}

using Veza.Infrastructure.Http;

namespace Veza;

/// <summary>
/// Every way to fail that a client can meet. Codes are permanent: a snapshot in the tests holds them, and docs/API.md
/// says which status means what.
/// </summary>
internal static partial class Errors
{
    internal static readonly Error BadRequest = new("BAD_REQUEST", 400, "The request could not be understood"),
        JsonInvalid = new("JSON_INVALID", 400, "The body is not valid JSON"),
        Validation = new("VALIDATION_ERROR", 422, "Some fields are not valid"),
        CharacterRefused = new("CHARACTER_REFUSED", 400, "The character U+0000 cannot be stored"),
        RouteUnknown =
            new("ROUTE_UNKNOWN", 404, "There is nothing at this address; /openapi/v1.json lists what there is"),
        MethodNotAllowed =
            new("METHOD_NOT_ALLOWED", 405, "This address does not take this method; see the Allow header"),
        RequestTimeout = new("REQUEST_TIMEOUT", 408, "The request came in too slowly"),
        PayloadTooLarge = new("PAYLOAD_TOO_LARGE", 413, "The body is larger than this address takes"),
        AddressTooLong = new("ADDRESS_TOO_LONG", 414, "The address is longer than this server reads"),
        HeadersTooLarge = new("HEADERS_TOO_LARGE", 431, "The headers are more, or larger, than this server reads"),
        UnsupportedMediaType = new("UNSUPPORTED_MEDIA_TYPE", 415, "The body's Content-Type is not taken here"),
        RateLimited =
            new("RATE_LIMITED", 429, "Too many requests; come back after the time that Retry-After names")
            {
                RetryAfterS = 1,
            },
        Internal =
            new("INTERNAL_ERROR", 500, "Something went wrong on the server; name the request id when you report it"),
        Unavailable =
            new("UNAVAILABLE", 503, "A server behind this one does not answer; try again shortly") { RetryAfterS = 2 },
        StorageFull = new("STORAGE_FULL", 507, "There is no space left to store this"),
        PreconditionFailed =
            new(
                "PRECONDITION_FAILED",
                412,
                "Somebody has changed it since the ETag that If-Match names; read it again, then change it"
            ),
        PageTooDeep = new("PAGE_TOO_DEEP", 422, "Pages end after 10,000 results: narrow the search");

    // Auth
    internal static readonly Error Unauthenticated =
            new("UNAUTHENTICATED", 401, "Sign in first: send Authorization: Bearer <access_token>"),
        TokenInvalid = new("TOKEN_INVALID", 401, "The access token is not valid"),
        TokenRevoked =
            new("TOKEN_REVOKED", 401, "The access token was revoked; use the refresh token, or sign in again"),
        Forbidden = new("FORBIDDEN", 403, "You may not do this"),
        ScopeMissing = new("SCOPE_MISSING", 403, "The API key has not the scope for this"),
        StepUpRequired =
            new(
                "STEP_UP_REQUIRED",
                403,
                "Prove that it is you first: POST /api/v1/auth/step-up with your password or a code"
            ),
        AccountSuspended = new("ACCOUNT_SUSPENDED", 403, "This account is suspended"),
        TicketInvalid =
            new("TICKET_INVALID", 422, "The link or code is wrong, was used, or has expired; ask for a new one"),
        SessionNotFound = new("SESSION_NOT_FOUND", 404, "You have no such session"),
        ApiKeyInvalid = new("API_KEY_INVALID", 401, "The API key is not valid"),
        ApiKeyNotFound = new("API_KEY_NOT_FOUND", 404, "You have no such API key"),
        TooManyApiKeys = new("TOO_MANY_API_KEYS", 409, "You have as many API keys as one may have; delete one first"),
        OwnAccount = new("OWN_ACCOUNT", 409, "You cannot do this to your own account"),
        LastAdmin = new("LAST_ADMIN", 409, "Somebody must stay admin"),
        TokenExpired = new("TOKEN_EXPIRED", 401, "The access token has expired; use the refresh token"),
        CredentialsInvalid = new("CREDENTIALS_INVALID", 401, "E-mail, username or password is wrong"),
        RefreshTokenInvalid = new("REFRESH_TOKEN_INVALID", 401, "The refresh token is not valid; sign in again"),
        RefreshTokenReused =
            new(
                "REFRESH_TOKEN_REUSED",
                401,
                "The refresh token was used twice; the session has ended for safety, sign in again"
            ),
        SessionEnded = new("SESSION_ENDED", 401, "The session has ended; sign in again"),
        EmailTaken = new("EMAIL_TAKEN", 409, "There is an account with this e-mail already"),
        UsernameTaken = new("USERNAME_TAKEN", 409, "This username is taken"),
        HashingBusy =
            new("SIGN_IN_BUSY", 503, "Too many people are signing in at once; try again shortly") { RetryAfterS = 5 },
        AccountLocked =
            new(
                "ACCOUNT_LOCKED",
                429,
                "Too many wrong passwords or codes; sign in after the time that Retry-After names, or reset the "
                    + "password"
            )
            {
                RetryAfterS = 1,
            },
        UserNotFound = new("USER_NOT_FOUND", 404, "There is no such user");

    // Users
    internal static readonly Error TooManyFollows =
            new("TOO_MANY_FOLLOWS", 409, "You follow as many users as one may follow; follow one no more first"),
        TooManySupporters = new("TOO_MANY_SUPPORTERS", 409, "You have as many supporters as one may have"),
        TooManyBlocks = new("TOO_MANY_BLOCKS", 409, "You block as many users as one may block"),
        TooManyUserMutes = new("TOO_MANY_USER_MUTES", 409, "You mute as many users as one may mute"),
        PersonBlocked = new("PERSON_BLOCKED", 403, "One of you blocks the other");

    // Identities elsewhere
    internal static readonly Error ProviderNotConfigured =
            new("PROVIDER_NOT_CONFIGURED", 404, "This server offers no sign-in with that provider"),
        ProviderUnavailable =
            new("PROVIDER_UNAVAILABLE", 502, "The provider does not answer as it should; try again shortly")
            {
                RetryAfterS = 5,
            },
        ProviderAnswerInvalid =
            new(
                "PROVIDER_ANSWER_INVALID",
                502,
                "The provider's answer cannot be believed, so nothing was done; start again"
            ),
        ProviderEmailUnverified =
            new(
                "PROVIDER_EMAIL_UNVERIFIED",
                422,
                "The provider gave no verified e-mail address: verify it there, or register here and link the "
                    + "provider to your account"
            ),
        OAuthStateInvalid =
            new(
                "OAUTH_STATE_INVALID",
                400,
                "This was not begun in this browser, took longer than ten minutes, or is over; start again"
            ),
        OAuthCodeRefused = new("OAUTH_CODE_REFUSED", 400, "The provider refused the code; start again"),
        OAuthAccessDenied = new("OAUTH_ACCESS_DENIED", 403, "Access was denied at the provider, so nothing was done"),
        OAuthCodeInvalid =
            new(
                "OAUTH_CODE_INVALID",
                401,
                "The code is wrong, was used, is older than a minute, or belongs to another browser; sign in again"
            ),
        AccountExistsLinkFirst =
            new(
                "ACCOUNT_EXISTS_LINK_FIRST",
                409,
                "There is an account with this address: sign in to it, or get into it by mail, and link the "
                    + "provider there"
            ),
        EmailVerificationFirst =
            new("EMAIL_VERIFICATION_FIRST", 409, "Verify the e-mail address of your account first, then link this one"),
        IdentityTaken = new("IDENTITY_TAKEN", 409, "This account of the provider is linked to another account here"),
        IdentityNotFound = new("IDENTITY_NOT_FOUND", 404, "There is no such identity"),
        LastWayIn =
            new(
                "LAST_WAY_IN",
                409,
                "This is the last way into the account: set a password, add a passkey or link another provider first"
            );

    // Second factors and passkeys
    internal static readonly Error MfaTokenInvalid =
            new("MFA_TOKEN_INVALID", 401, "The mfa_token is wrong, was used, or has expired; sign in again"),
        MfaCodeInvalid = new("MFA_CODE_INVALID", 401, "The code is wrong, or was used already"),
        CodeInvalid =
            new("CODE_INVALID", 422, "The code is wrong, or was used already")
            {
                Fields = [new FieldError("code", "CODE_INVALID", "The code is wrong, or was used already")],
            },
        StepUpFailed = new("STEP_UP_FAILED", 403, "The password, code or passkey is wrong"),
        TotpAlreadyOn = new("TOTP_ALREADY_ON", 409, "An authenticator app is in use already; turn it off first"),
        TotpNotBegun =
            new(
                "TOTP_NOT_BEGUN",
                409,
                "There is nothing to confirm: begin with POST /api/v1/auth/2fa/totp, and confirm within 15 minutes"
            ),
        TotpNotOn = new("TOTP_NOT_ON", 409, "The second factor is not on"),
        TrustedDeviceNotFound = new("TRUSTED_DEVICE_NOT_FOUND", 404, "You have no such trusted device"),
        PasskeyChallengeInvalid =
            new(
                "PASSKEY_CHALLENGE_INVALID",
                422,
                "The challenge is unknown, was used, or has expired; ask for new options"
            ),
        PasskeyInvalid = new("PASSKEY_INVALID", 422, "The passkey cannot be taken"),
        PasskeyRefused = new("PASSKEY_REFUSED", 401, "The passkey is not accepted"),
        PasskeyTaken = new("PASSKEY_TAKEN", 409, "This passkey is registered already"),
        PasskeyNotFound = new("PASSKEY_NOT_FOUND", 404, "You have no such passkey"),
        TooManyPasskeys = new("TOO_MANY_PASSKEYS", 409, "You have as many passkeys as one may have; remove one first");

    // Links, passwords and addresses
    internal static readonly Error MailNotConfigured =
            new("MAIL_NOT_CONFIGURED", 503, "This server sends no letters; its operator has to set VEZA__MAIL__SMTP"),
        LinkOfAnotherBrowser =
            new(
                "LINK_OF_ANOTHER_BROWSER",
                403,
                "The link was asked for elsewhere: open it there, or type the letter's code there"
            ),
        LinkNotConfirmed =
            new("LINK_NOT_CONFIRMED", 409, "Nobody has confirmed the link yet; ask again in a moment")
            {
                RetryAfterS = 2,
            },
        CurrentPasswordWrong = new("CURRENT_PASSWORD_WRONG", 422, "The current password is wrong");

    // Pictures
    internal static readonly Error PictureMissing =
            new("PICTURE_MISSING", 422, "There is no picture: send it as the body, or as a form's part named 'file'"),
        PictureUnsupported =
            new(
                "PICTURE_UNSUPPORTED",
                422,
                "This is not a picture that Veza takes: JPEG, PNG, GIF or a WebP that does not move, of at most 40 "
                    + "megapixels and 16,384 pixels at an edge"
            ),
        PictureDamaged =
            new("PICTURE_DAMAGED", 422, "The picture is damaged or was cut short; save it again and send the new file"),
        PicturesBusy =
            new("PICTURES_BUSY", 503, "Many pictures are being made at once; try again shortly") { RetryAfterS = 5 },
        PicturesUnavailable =
            new(
                "PICTURES_UNAVAILABLE",
                503,
                "This server cannot make pictures: its operator must install ffmpeg where the api role runs"
            )
            {
                RetryAfterS = 600,
            },
        CoverNotFound = new("COVER_NOT_FOUND", 404, "The track has no cover");

    // Tracks and Streaming
    internal static readonly Error TrackNotFound = new("TRACK_NOT_FOUND", 404, "There is no such track"),
        TrackNotReady = new("TRACK_NOT_READY", 409, "The track is still being processed; watch its status"),
        TrackFailed = new("TRACK_FAILED", 409, "The track could not be processed; its failure says why"),
        RecordingUnprinted =
            new(
                "RECORDING_UNPRINTED",
                422,
                "The track has no print to know the recording by: it is not ready, or too short"
            ),
        RecordingBlockedAlready =
            new("RECORDING_BLOCKED_ALREADY", 409, "The recording of this track is blocked already"),
        BlockedRecordingNotFound = new("BLOCKED_RECORDING_NOT_FOUND", 404, "There is no such blocked recording"),
        WaveformNotReady = new("WAVEFORM_NOT_READY", 409, "The waveform is drawn when the track is ready"),
        FileMissing = new("FILE_MISSING", 422, "The form has no part named 'file' with a file in it"),
        FileEmpty = new("FILE_EMPTY", 422, "The file is empty"),
        FormatUnsupported =
            new(
                "FORMAT_UNSUPPORTED",
                422,
                "This is not audio that Veza takes: MP3, AAC/M4A, FLAC, WAV, AIFF, Ogg Vorbis or Opus"
            ),
        UploadTooLarge = new("UPLOAD_TOO_LARGE", 413, "The file is larger than this server takes"),
        QuotaExceeded =
            new(
                "QUOTA_EXCEEDED",
                422,
                "Your originals take all the room that an account has here; delete tracks, or ask the operator for more"
            ),
        UploadNotFound = new("UPLOAD_NOT_FOUND", 404, "You have no such upload"),
        UploadExpired = new("UPLOAD_EXPIRED", 410, "The upload lay idle too long and was removed; begin a new one"),
        UploadFinished = new("UPLOAD_FINISHED", 409, "The upload is a track already; delete that"),
        UploadOffsetConflict =
            new(
                "UPLOAD_OFFSET_CONFLICT",
                409,
                "The upload stands at another offset; ask for it with HEAD and go on from there"
            ),
        UploadIncomplete = new("UPLOAD_INCOMPLETE", 409, "A part of it is not there to its last byte yet"),
        UploadIsFinal = new("UPLOAD_IS_FINAL", 403, "An upload that joins others takes no bytes of its own"),
        UploadLocked =
            new("UPLOAD_LOCKED", 423, "Another request is writing to this upload; ask again in a moment")
            {
                RetryAfterS = 1,
            },
        UploadChecksumMismatch =
            new(
                "UPLOAD_CHECKSUM_MISMATCH",
                460,
                "The bytes are not those that the checksum is of; nothing of the request was kept, send it again"
            ),
        TooManyUploads =
            new("TOO_MANY_UPLOADS", 429, "You have many uploads under way; finish or delete some") { RetryAfterS = 60 },
        TusVersionUnsupported =
            new("TUS_VERSION_UNSUPPORTED", 412, "Send Tus-Resumable: 1.0.0, the version that this server speaks"),
        QueueFull =
            new(
                "QUEUE_FULL",
                429,
                "You have as many tracks waiting as one may; come back after the time that Retry-After names, "
                    + "when some should be ready"
            )
            {
                RetryAfterS = 60,
            },
        ProcessingBusy =
            new(
                "PROCESSING_BUSY",
                429,
                "There is more to process than this server can take on now; come back after the time that "
                    + "Retry-After names"
            )
            {
                RetryAfterS = 60,
            },
        TrackNotProcessing =
            new("TRACK_NOT_PROCESSING", 409, "The track is not being processed; its status says how it stands"),
        TooManyEventStreams =
            new(
                "TOO_MANY_EVENT_STREAMS",
                429,
                "You watch as many tracks as one may at once; close a stream first, or ask for the status now and then"
            )
            {
                RetryAfterS = 5,
            },
        StreamSignatureInvalid = new("STREAM_SIGNATURE_INVALID", 403, "The stream URL's signature is not valid"),
        StreamUrlExpired = new("STREAM_URL_EXPIRED", 403, "The stream URL has expired; ask for a new one"),
        PreviewOnly =
            new("PREVIEW_ONLY", 403, "This URL gives a preview: read the byte ranges that its playlists name"),
        PreviewTooShort =
            new(
                "PREVIEW_TOO_SHORT",
                403,
                "The track is too short for a preview; only those with access to it can play it"
            ),
        OriginalForbidden = new("ORIGINAL_FORBIDDEN", 403, "Only its owner may download the original of a track"),
        OriginalNotFound = new("ORIGINAL_NOT_FOUND", 404, "The original of this track is not stored any more"),
        StreamNotFound = new("STREAM_NOT_FOUND", 404, "There is no such stream"),
        RangeUnsatisfiable = new("RANGE_UNSATISFIABLE", 416, "The range lies outside the file");

    // Life of a track
    internal static readonly Error CommentNotFound = new("COMMENT_NOT_FOUND", 404, "There is no such comment"),
        CommentForbidden =
            new(
                "COMMENT_FORBIDDEN",
                403,
                "Only its author edits a comment; its author, the track's owner and moderators delete it"
            ),
        CommentsTooFast =
            new(
                "COMMENTS_TOO_FAST",
                429,
                "You have written many comments in a minute; write on after the time that Retry-After names"
            )
            {
                RetryAfterS = 60,
            },
        RevisionNotFound = new("REVISION_NOT_FOUND", 404, "The track has no such revision"),
        RevisionInUse =
            new("REVISION_IN_USE", 409, "This revision is the one that is heard: restore another before you delete it"),
        RevisionUnusable =
            new("REVISION_UNUSABLE", 409, "This revision is being processed or has failed, so it cannot be restored"),
        ReplacementPending =
            new(
                "REPLACEMENT_PENDING",
                409,
                "Another replacement is being processed; wait for it, or delete that revision"
            );

    // Playlists and albums
    internal static readonly Error PlaylistNotFound = new("PLAYLIST_NOT_FOUND", 404, "There is no such playlist"),
        PlaylistForbidden =
            new(
                "PLAYLIST_FORBIDDEN",
                403,
                "The playlist is somebody else's: its owner and collaborators change its items, its owner the rest"
            ),
        TooManyPlaylists =
            new("TOO_MANY_PLAYLISTS", 409, "You have as many playlists as one may have; delete one first"),
        ItemNotFound = new("ITEM_NOT_FOUND", 404, "There is no such item on this playlist"),
        PlaylistFull = new("PLAYLIST_FULL", 409, "The playlist has as many items as one may have; take one off first"),
        TooManyCollaborators =
            new(
                "TOO_MANY_COLLABORATORS",
                409,
                "The playlist has as many collaborators and invitations as one may have"
            ),
        InvitationNotFound = new("INVITATION_NOT_FOUND", 404, "You were not invited to this playlist"),
        OwnPlaylist = new("OWN_PLAYLIST", 409, "You cannot follow your own playlist"),
        AlbumNotFound = new("ALBUM_NOT_FOUND", 404, "There is no such album"),
        TooManyAlbums = new("TOO_MANY_ALBUMS", 409, "You have as many albums as one may have; delete one first"),
        TrackOnAlbum = new("TRACK_ON_ALBUM", 409, "A track stands on one album at most; take it off the other first");

    // Operations and plays
    internal static readonly Error JobNotFound =
            new("JOB_NOT_FOUND", 404, "There is no such job in a state in which this can be done"),
        PlayNotFound = new("PLAY_NOT_FOUND", 404, "There is no such play"),
        PlayOver = new("PLAY_OVER", 409, "The play is over; begin a new one"),
        TooManyPlays =
            new(
                "TOO_MANY_PLAYS",
                429,
                "You have many plays open; say ended when you move on, or come back when some are over"
            )
            {
                RetryAfterS = 60,
            };

    // Notifications
    internal static readonly Error PushEndpointRefused =
            new("PUSH_ENDPOINT_REFUSED", 422, "The endpoint is no https URL of a public push service"),
        PushKindUnavailable =
            new(
                "PUSH_KIND_UNAVAILABLE",
                422,
                "This server has no gateway to such devices; its operator has to set VEZA__PUSH__GATEWAY"
            ),
        PushDeviceNotFound = new("PUSH_DEVICE_NOT_FOUND", 404, "You have no such device"),
        TooManyPushDevices =
            new("TOO_MANY_PUSH_DEVICES", 409, "You are told on as many devices as one may be; remove one first");

    // Chat
    internal static readonly Error RoomNotFound = new("ROOM_NOT_FOUND", 404, "There is no such room"),
        RoomNameTaken = new("ROOM_NAME_TAKEN", 409, "A public room has this name already"),
        NotAMember = new("NOT_A_MEMBER", 403, "Join the room first"),
        RoomForbidden = new("ROOM_FORBIDDEN", 403, "Your role in the room does not allow this, or not to this person"),
        RoomIsDirect =
            new(
                "ROOM_IS_DIRECT",
                409,
                "This is a conversation of two people: nobody else joins it, and there is nothing in it to govern"
            ),
        OwnerMustStay =
            new(
                "OWNER_MUST_STAY",
                409,
                "The owner cannot leave the room or be put out of it; hand the room over first"
            ),
        MemberNotFound = new("MEMBER_NOT_FOUND", 404, "There is no such member of this room"),
        InviteNotFound = new("INVITE_NOT_FOUND", 404, "There is no such invitation"),
        BanNotFound = new("BAN_NOT_FOUND", 404, "This person is not banned from the room"),
        Banned = new("BANNED", 403, "You are banned from this room"),
        UserBanned = new("USER_BANNED", 409, "This person is banned from the room; lift the ban first"),
        Muted = new("MUTED", 403, "You are muted in this room"),
        SlowMode =
            new("SLOW_MODE", 429, "The room is in slow mode; write on after the time that Retry-After names")
            {
                RetryAfterS = 1,
            },
        RoomFull = new("ROOM_FULL", 409, "The room has as many members as one may have"),
        TooManyRooms =
            new("TOO_MANY_ROOMS", 409, "You own as many rooms as one may own; delete one, or hand it over, first"),
        TooManyInvites =
            new(
                "TOO_MANY_INVITES",
                409,
                "As many people as may be are invited to the room already; withdraw an invitation first"
            ),
        TooManyBans =
            new("TOO_MANY_BANS", 409, "As many people as may be are banned from the room already; lift a ban first"),
        TooManyMutes =
            new("TOO_MANY_MUTES", 409, "As many people as may be are muted in the room already; unmute somebody first"),
        DirectBlocked =
            new("DM_BLOCKED", 403, "You and this person cannot write to each other: one of you blocks the other"),
        MessageNotFound = new("MESSAGE_NOT_FOUND", 404, "There is no such message in this room"),
        ClientIdReused = new("CLIENT_ID_REUSED", 409, "This client_id was used for another message"),
        RoomBusy =
            new("ROOM_BUSY", 503, "More is being said in this room than can be stored now; try again shortly")
            {
                RetryAfterS = 2,
            },
        UpgradeRequired = new("UPGRADE_REQUIRED", 426, "This address speaks WebSocket, subprotocol veza.chat.v1"),
        SubprotocolMissing = new("SUBPROTOCOL_MISSING", 400, "Offer the WebSocket subprotocol veza.chat.v1"),
        FrameInvalid = new("FRAME_INVALID", 400, "The frame is not a JSON object with a type"),
        FrameTooLarge = new("FRAME_TOO_LARGE", 413, "The frame is larger than this server takes"),
        FrameTypeUnknown = new("FRAME_TYPE_UNKNOWN", 422, "There is no such frame type"),
        NotSubscribed = new("NOT_SUBSCRIBED", 409, "Subscribe to the room first"),
        TooManySubscriptions =
            new("TOO_MANY_SUBSCRIPTIONS", 429, "One connection may not subscribe to more rooms") { RetryAfterS = 1 },
        SocketsFull =
            new(
                "SOCKETS_FULL",
                503,
                "This process has as many sockets open as it takes; come back and another one may have room"
            )
            {
                RetryAfterS = 5,
            },
        TooManySockets =
            new("TOO_MANY_SOCKETS", 429, "You have as many sockets open as one person may have; close one first")
            {
                RetryAfterS = 30,
            },
        OriginRefused = new("ORIGIN_REFUSED", 403, "This server takes no sockets from that origin");
}

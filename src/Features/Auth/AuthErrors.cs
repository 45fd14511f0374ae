using Veza.Infrastructure.Http;

namespace Veza.Features.Auth;

/// <summary>How signing in, and what belongs to it, fails.</summary>
internal static class AuthErrors
{
    internal static readonly Error AccountLocked = new(
        "ACCOUNT_LOCKED",
        429,
        "Too many wrong passwords or codes; sign in after the time that Retry-After names, or reset the " + "password"
    )
    {
        RetryAfterS = 1,
    };

    internal static readonly Error AccountSuspended = new("ACCOUNT_SUSPENDED", 403, "This account is suspended");

    internal static readonly Error TicketInvalid = new(
        "TICKET_INVALID",
        422,
        "The link or code is wrong, was used, or has expired; ask for a new one"
    );

    internal static readonly Error SessionNotFound = new("SESSION_NOT_FOUND", 404, "You have no such session");

    internal static readonly Error ApiKeyInvalid = new("API_KEY_INVALID", 401, "The API key is not valid");

    internal static readonly Error ApiKeyNotFound = new("API_KEY_NOT_FOUND", 404, "You have no such API key");

    internal static readonly Error TooManyApiKeys = new(
        "TOO_MANY_API_KEYS",
        409,
        "You have as many API keys as are allowed; delete one first"
    );

    internal static readonly Error LastAdmin = new("LAST_ADMIN", 409, "Somebody must stay admin");

    internal static readonly Error CredentialsInvalid = new(
        "CREDENTIALS_INVALID",
        401,
        "E-mail, username or password is wrong"
    );

    internal static readonly Error RefreshTokenInvalid = new(
        "REFRESH_TOKEN_INVALID",
        401,
        "The refresh token is not valid; sign in again"
    );

    internal static readonly Error RefreshTokenReused = new(
        "REFRESH_TOKEN_REUSED",
        401,
        "The refresh token was used twice; the session has ended for safety, sign in again"
    );

    internal static readonly Error SessionEnded = new("SESSION_ENDED", 401, "The session has ended; sign in again");

    internal static readonly Error EmailTaken = new("EMAIL_TAKEN", 409, "There is an account with this e-mail already");

    internal static readonly Error UsernameTaken = new("USERNAME_TAKEN", 409, "This username is taken");

    internal static readonly Error ProviderNotConfigured = new(
        "PROVIDER_NOT_CONFIGURED",
        404,
        "This server offers no sign-in with that provider"
    );

    internal static readonly Error ProviderUnavailable = new(
        "PROVIDER_UNAVAILABLE",
        502,
        "The provider does not answer as it should; try again shortly"
    )
    {
        RetryAfterS = 5,
    };

    internal static readonly Error ProviderAnswerInvalid = new(
        "PROVIDER_ANSWER_INVALID",
        502,
        "The provider's answer cannot be believed, so nothing was done; start again"
    );

    internal static readonly Error ProviderEmailUnverified = new(
        "PROVIDER_EMAIL_UNVERIFIED",
        422,
        "The provider gave no verified e-mail address: verify it there, or register here and link the "
            + "provider to your account"
    );

    internal static readonly Error OAuthStateInvalid = new(
        "OAUTH_STATE_INVALID",
        400,
        "This was not begun in this browser, took longer than ten minutes, or is over; start again"
    );

    internal static readonly Error OAuthCodeRefused = new(
        "OAUTH_CODE_REFUSED",
        400,
        "The provider refused the code; start again"
    );

    internal static readonly Error OAuthAccessDenied = new(
        "OAUTH_ACCESS_DENIED",
        403,
        "Access was denied at the provider, so nothing was done"
    );

    internal static readonly Error OAuthCodeInvalid = new(
        "OAUTH_CODE_INVALID",
        401,
        "The code is wrong, was used, is older than a minute, or belongs to another browser; sign in again"
    );

    internal static readonly Error AccountExistsLinkFirst = new(
        "ACCOUNT_EXISTS_LINK_FIRST",
        409,
        "There is an account with this address: sign in to it, or get into it by mail, and link the " + "provider there"
    );

    internal static readonly Error EmailVerificationFirst = new(
        "EMAIL_VERIFICATION_FIRST",
        409,
        "Verify the e-mail address of your account first, then link this one"
    );

    internal static readonly Error IdentityTaken = new(
        "IDENTITY_TAKEN",
        409,
        "This account of the provider is linked to another account here"
    );

    internal static readonly Error IdentityNotFound = new("IDENTITY_NOT_FOUND", 404, "There is no such identity");

    internal static readonly Error LastWayIn = new(
        "LAST_WAY_IN",
        409,
        "This is the last way into the account: set a password, add a passkey or link another provider first"
    );

    internal static readonly Error MfaTokenInvalid = new(
        "MFA_TOKEN_INVALID",
        401,
        "The mfa_token is wrong, was used, or has expired; sign in again"
    );

    internal static readonly Error MfaCodeInvalid = new(
        "MFA_CODE_INVALID",
        401,
        "The code is wrong, or was used already"
    );

    internal static readonly Error CodeInvalid = new("CODE_INVALID", 422, "The code is wrong, or was used already")
    {
        Fields = [new FieldError("code", "CODE_INVALID", "The code is wrong, or was used already")],
    };

    internal static readonly Error StepUpFailed = new("STEP_UP_FAILED", 403, "The password, code or passkey is wrong");

    internal static readonly Error TotpAlreadyOn = new(
        "TOTP_ALREADY_ON",
        409,
        "An authenticator app is in use already; turn it off first"
    );

    internal static readonly Error TotpNotBegun = new(
        "TOTP_NOT_BEGUN",
        409,
        "There is nothing to confirm: begin with POST /api/v1/auth/2fa/totp, and confirm within 15 minutes"
    );

    internal static readonly Error TotpNotOn = new("TOTP_NOT_ON", 409, "The second factor is not on");

    internal static readonly Error TrustedDeviceNotFound = new(
        "TRUSTED_DEVICE_NOT_FOUND",
        404,
        "You have no such trusted device"
    );

    internal static readonly Error PasskeyChallengeInvalid = new(
        "PASSKEY_CHALLENGE_INVALID",
        422,
        "The challenge is unknown, was used, or has expired; ask for new options"
    );

    internal static readonly Error PasskeyInvalid = new("PASSKEY_INVALID", 422, "The passkey cannot be taken");

    internal static readonly Error PasskeyRefused = new("PASSKEY_REFUSED", 401, "The passkey is not accepted");

    internal static readonly Error PasskeyTaken = new("PASSKEY_TAKEN", 409, "This passkey is registered already");

    internal static readonly Error PasskeyNotFound = new("PASSKEY_NOT_FOUND", 404, "You have no such passkey");

    internal static readonly Error TooManyPasskeys = new(
        "TOO_MANY_PASSKEYS",
        409,
        "You have as many passkeys as are allowed; remove one first"
    );

    internal static readonly Error MailNotConfigured = new(
        "MAIL_NOT_CONFIGURED",
        503,
        "This server sends no e-mails; its operator has to set VEZA__MAIL__SMTP"
    );

    internal static readonly Error LinkOfAnotherBrowser = new(
        "LINK_OF_ANOTHER_BROWSER",
        403,
        "The link was asked for elsewhere: open it there, or type the e-mail's code there"
    );

    internal static readonly Error LinkNotConfirmed = new(
        "LINK_NOT_CONFIRMED",
        409,
        "Nobody has confirmed the link yet; ask again in a moment"
    )
    {
        RetryAfterS = 2,
    };

    internal static readonly Error CurrentPasswordWrong = new(
        "CURRENT_PASSWORD_WRONG",
        422,
        "The current password is wrong"
    );

    /// <summary>Constraints of the schema, by the error that their violation means to a client.</summary>
    internal static readonly IReadOnlyDictionary<string, Error> ByConstraint = new Dictionary<string, Error>
    {
        ["account_email_key"] = EmailTaken.With(new FieldError("email", EmailTaken.Code, EmailTaken.Message)),
        ["account_username_key"] = UsernameTaken.With(
            new FieldError("username", UsernameTaken.Code, UsernameTaken.Message)
        ),
        ["passkey_credential_key"] = PasskeyTaken,
    };
}

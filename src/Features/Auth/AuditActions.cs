namespace Veza.Features.Auth;

/// <summary>The names of what the audit trail tells. Permanent: operators search for them.</summary>
internal static class AuditActions
{
    internal const string Registered = "account.registered",
        Suspended = "account.suspended",
        SuspensionLifted = "account.suspension_lifted",
        SuspensionExpired = "account.suspension_expired",
        Locked = "account.locked",
        Unlocked = "account.unlocked",
        RolesChanged = "account.roles_changed",
        SignedIn = "sign_in.succeeded",
        SignInFailed = "sign_in.failed",
        SignInRefused = "sign_in.refused",
        SecondFactorAsked = "sign_in.second_factor_asked",
        SessionEnded = "session.ended",
        SessionsEnded = "session.others_ended",
        RefreshTokenReused = "session.refresh_token_reused",
        IdentityLinked = "identity.linked",
        IdentityUnlinked = "identity.unlinked",
        TotpBegun = "totp.begun",
        TotpEnabled = "totp.enabled",
        TotpDisabled = "totp.disabled",
        RecoveryCodesRenewed = "recovery_codes.renewed",
        TrustedDeviceAdded = "trusted_device.added",
        TrustedDeviceForgotten = "trusted_device.forgotten",
        SteppedUp = "session.stepped_up",
        PasskeyAdded = "passkey.added",
        PasskeyRemoved = "passkey.removed",
        PasskeyRenamed = "passkey.renamed",
        PasskeyCloneSuspected = "passkey.clone_suspected",
        ApiKeyCreated = "api_key.created",
        ApiKeyDeleted = "api_key.deleted";

    // Links, passwords and addresses
    internal const string MagicLinkAsked = "magic_link.asked",
        PasswordResetAsked = "password.reset_asked",
        PasswordReset = "password.reset",
        PasswordChanged = "password.changed",
        EmailVerified = "email.verified",
        EmailChangeAsked = "email.change_asked",
        EmailChanged = "email.changed";
}

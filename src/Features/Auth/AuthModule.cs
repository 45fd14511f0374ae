using Veza.Features.Auth.Accounts;
using Veza.Features.Auth.Factors;
using Veza.Features.Auth.Keys;
using Veza.Features.Auth.Links;
using Veza.Features.Auth.OAuth;
using Veza.Features.Auth.Passkeys;
using Veza.Infrastructure;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth;

/// <summary>Accounts, sessions and tokens.</summary>
internal static class AuthModule
{
    internal static readonly Module Inventory = new("Auth")
    {
        Slices =
        [
            (Roles.Api, Register.Endpoint),
            (Roles.Api, Login.Endpoint),
            (Roles.Api, Refresh.Endpoint),
            (Roles.Api, Logout.Endpoint),
            (Roles.Api, ShowMe.Endpoint),
            (Roles.Api, TestToken.Endpoint),
            (Roles.Api, ShowKeys.Endpoint),
            (Roles.Api, ListSessions.Endpoint),
            (Roles.Api, EndSession.Endpoint),
            (Roles.Api, ListAuditTrail.Endpoint),
            (Roles.Api, ShowSecondFactor.Endpoint),
            (Roles.Api, BeginTotp.Endpoint),
            (Roles.Api, ConfirmTotp.Endpoint),
            (Roles.Api, RemoveTotp.Endpoint),
            (Roles.Api, RenewRecoveryCodes.Endpoint),
            (Roles.Api, ListTrustedDevices.Endpoint),
            (Roles.Api, ForgetTrustedDevice.Endpoint),
            (Roles.Api, ProveSecondFactor.Endpoint),
            (Roles.Api, StepUp.Endpoint),
            (Roles.Api, BeginPasskey.Endpoint),
            (Roles.Api, AddPasskey.Endpoint),
            (Roles.Api, ListPasskeys.Endpoint),
            (Roles.Api, RenamePasskey.Endpoint),
            (Roles.Api, RemovePasskey.Endpoint),
            (Roles.Api, BeginPasskeyLogin.Endpoint),
            (Roles.Api, LoginWithPasskey.Endpoint),
            (Roles.Api, CreateApiKey.Endpoint),
            (Roles.Api, ListApiKeys.Endpoint),
            (Roles.Api, DeleteApiKey.Endpoint),
            (Roles.Api, BeginOAuth.Endpoint),
            (Roles.Api, FinishOAuth.Endpoint),
            (Roles.Api, ExchangeOAuthCode.Endpoint),
            (Roles.Api, LinkIdentity.Endpoint),
            (Roles.Api, ListIdentities.Endpoint),
            (Roles.Api, UnlinkIdentity.Endpoint),
            (Roles.Api, ChangeRoles.Endpoint),
            (Roles.Api, SuspendAccount.Endpoint),
            (Roles.Api, LiftSuspension.Endpoint),
            (Roles.Api, UnlockAccount.Endpoint),
            (Roles.Api, SearchAuditLog.Endpoint),
            (Roles.Api, AskForMagicLink.Endpoint),
            (Roles.Api, ShowMagicLink.Endpoint),
            (Roles.Api, ConfirmMagicLink.Endpoint),
            (Roles.Api, VerifyMagicLink.Endpoint),
            (Roles.Api, ForgotPassword.Endpoint),
            (Roles.Api, FindPasswordPage.Endpoint),
            (Roles.Api, ShowPasswordRequest.Endpoint),
            (Roles.Api, SubmitPasswordRequest.Endpoint),
            (Roles.Api, ShowPasswordReset.Endpoint),
            (Roles.Api, SubmitPasswordReset.Endpoint),
            (Roles.Api, ResetPassword.Endpoint),
            (Roles.Api, ChangePassword.Endpoint),
            (Roles.Api, AskForVerification.Endpoint),
            (Roles.Api, ShowEmailLink.Endpoint),
            (Roles.Api, ConfirmEmailLink.Endpoint),
            (Roles.Api, VerifyEmail.Endpoint),
            (Roles.Api, ChangeEmail.Endpoint),
        ],
        Constraints = AuthErrors.ByConstraint,
        Json =
        [
            RegisterJson.Default,
            LoginJson.Default,
            RefreshJson.Default,
            LogoutJson.Default,
            ShowMeJson.Default,
            TestTokenJson.Default,
            ShowKeysJson.Default,
            ListSessionsJson.Default,
            ListAuditTrailJson.Default,
            ShowSecondFactorJson.Default,
            BeginTotpJson.Default,
            ConfirmTotpJson.Default,
            RenewRecoveryCodesJson.Default,
            ListTrustedDevicesJson.Default,
            ProveSecondFactorJson.Default,
            StepUpJson.Default,
            BeginPasskeyJson.Default,
            AddPasskeyJson.Default,
            ListPasskeysJson.Default,
            RenamePasskeyJson.Default,
            BeginPasskeyLoginJson.Default,
            LoginWithPasskeyJson.Default,
            CreateApiKeyJson.Default,
            ListApiKeysJson.Default,
            BeginOAuthJson.Default,
            ExchangeOAuthCodeJson.Default,
            LinkIdentityJson.Default,
            ListIdentitiesJson.Default,
            ChangeRolesJson.Default,
            SuspendAccountJson.Default,
            AskForMagicLinkJson.Default,
            VerifyMagicLinkJson.Default,
            ForgotPasswordJson.Default,
            ResetPasswordJson.Default,
            ChangePasswordJson.Default,
            VerifyEmailJson.Default,
            ChangeEmailJson.Default,
        ],
        Settings = [SettingsPart.Of(AuthSettings.Read), SettingsPart.Of(OAuthSettings.Read)],
        Policies = AuthPolicies.All,
        Upkeep =
        [
            UpkeepTask.Of(AuditTrail.MakePartitions),
            UpkeepTask.Of(AccountStanding.LiftExpired),
            UpkeepTask.Of(SecretTries.ExpireLocks),
            UpkeepTask.Of(Tickets.ForgetOld),
            UpkeepTask.Of(Sessions.ForgetOld),
            UpkeepTask.Of(TrustedDevices.ForgetOld),
            UpkeepTask.Of(AddressProof.ForgetOld),
        ],
        Sealed = [SecondFactor.Seeds, IdentityStore.Tokens],
        Nouns = (services, roles) =>
        {
            // Every role meets tokens and keys; only the api role gives them.
            services.AddSingleton<ICallerSource, ApiKeys>();
            services.AddHostedService<SeenSessions>();
            if (!roles.Contains(Roles.Api))
                return;
            services
                .AddSingleton<PasswordHasher>()
                .AddSingleton<RefreshTokens>()
                .AddSingleton<Sessions>()
                .AddSingleton<SessionRotation>()
                .AddSingleton<Tickets>()
                .AddSingleton<SignIn>()
                .AddSingleton<SecretTries>();
            services
                .AddSingleton<IdentityProviders>()
                .AddSingleton<IdentityStore>()
                .AddSingleton<Identities>()
                .AddSingleton<OAuthAttempts>()
                .AddSingleton<OAuthExchanges>()
                .AddSingleton<FinishedOAuth>();
            services.AddSingleton<SecondFactor>().AddSingleton<RelyingParty>().AddSingleton<PasskeyProof>();
            services
                .AddSingleton<AccountEmails>()
                .AddSingleton<AddressProof>()
                .AddSingleton<MagicLinks>()
                .AddSingleton<PasswordRequests>()
                .AddSingleton<PasswordResets>()
                .AddSingleton<EmailLinks>();
        },
    };
}

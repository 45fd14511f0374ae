using Veza.Features.Auth.Accounts;
using Veza.Features.Auth.Factors;
using Veza.Features.Auth.Keys;
using Veza.Features.Auth.Links;
using Veza.Features.Auth.OAuth;
using Veza.Features.Auth.Passkeys;
using Veza.Infrastructure;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Http;
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
            new(Roles.Api, typeof(Register), RegisterJson.Default),
            new(Roles.Api, typeof(Login), LoginJson.Default),
            new(Roles.Api, typeof(Refresh), RefreshJson.Default),
            new(Roles.Api, typeof(Logout), LogoutJson.Default),
            new(Roles.Api, typeof(ShowMe), ShowMeJson.Default),
            new(Roles.Api, typeof(TestToken), TestTokenJson.Default),
            new(Roles.Api, typeof(ShowKeys), ShowKeysJson.Default),
            new(Roles.Api, typeof(ListSessions), ListSessionsJson.Default),
            new(Roles.Api, typeof(EndSession)),
            new(Roles.Api, typeof(ListAuditTrail), ListAuditTrailJson.Default),
            new(Roles.Api, typeof(ShowSecondFactor), ShowSecondFactorJson.Default),
            new(Roles.Api, typeof(BeginTotp), BeginTotpJson.Default),
            new(Roles.Api, typeof(ConfirmTotp), ConfirmTotpJson.Default),
            new(Roles.Api, typeof(RemoveTotp)),
            new(Roles.Api, typeof(RenewRecoveryCodes), RenewRecoveryCodesJson.Default),
            new(Roles.Api, typeof(ListTrustedDevices), ListTrustedDevicesJson.Default),
            new(Roles.Api, typeof(ForgetTrustedDevice)),
            new(Roles.Api, typeof(ProveSecondFactor), ProveSecondFactorJson.Default),
            new(Roles.Api, typeof(StepUp), StepUpJson.Default),
            new(Roles.Api, typeof(BeginPasskey), BeginPasskeyJson.Default),
            new(Roles.Api, typeof(AddPasskey), AddPasskeyJson.Default),
            new(Roles.Api, typeof(ListPasskeys), ListPasskeysJson.Default),
            new(Roles.Api, typeof(RenamePasskey), RenamePasskeyJson.Default),
            new(Roles.Api, typeof(RemovePasskey)),
            new(Roles.Api, typeof(BeginPasskeyLogin), BeginPasskeyLoginJson.Default),
            new(Roles.Api, typeof(LoginWithPasskey), LoginWithPasskeyJson.Default),
            new(Roles.Api, typeof(CreateApiKey), CreateApiKeyJson.Default),
            new(Roles.Api, typeof(ListApiKeys), ListApiKeysJson.Default),
            new(Roles.Api, typeof(DeleteApiKey)),
            new(Roles.Api, typeof(BeginOAuth), BeginOAuthJson.Default),
            new(Roles.Api, typeof(FinishOAuth)),
            new(Roles.Api, typeof(ExchangeOAuthCode), ExchangeOAuthCodeJson.Default),
            new(Roles.Api, typeof(LinkIdentity), LinkIdentityJson.Default),
            new(Roles.Api, typeof(ListIdentities), ListIdentitiesJson.Default),
            new(Roles.Api, typeof(UnlinkIdentity)),
            new(Roles.Api, typeof(ChangeRoles), ChangeRolesJson.Default),
            new(Roles.Api, typeof(SuspendAccount), SuspendAccountJson.Default),
            new(Roles.Api, typeof(LiftSuspension)),
            new(Roles.Api, typeof(UnlockAccount)),
            new(Roles.Api, typeof(SearchAuditLog)),
            new(Roles.Api, typeof(AskForMagicLink), AskForMagicLinkJson.Default),
            new(Roles.Api, typeof(ShowMagicLink)),
            new(Roles.Api, typeof(ConfirmMagicLink)),
            new(Roles.Api, typeof(VerifyMagicLink), VerifyMagicLinkJson.Default),
            new(Roles.Api, typeof(ForgotPassword), ForgotPasswordJson.Default),
            new(Roles.Api, typeof(FindPasswordPage)),
            new(Roles.Api, typeof(ShowPasswordRequest)),
            new(Roles.Api, typeof(SubmitPasswordRequest)),
            new(Roles.Api, typeof(ShowPasswordReset)),
            new(Roles.Api, typeof(SubmitPasswordReset)),
            new(Roles.Api, typeof(ResetPassword), ResetPasswordJson.Default),
            new(Roles.Api, typeof(ChangePassword), ChangePasswordJson.Default),
            new(Roles.Api, typeof(AskForVerification)),
            new(Roles.Api, typeof(ShowEmailLink)),
            new(Roles.Api, typeof(ConfirmEmailLink)),
            new(Roles.Api, typeof(VerifyEmail), VerifyEmailJson.Default),
            new(Roles.Api, typeof(ChangeEmail), ChangeEmailJson.Default),
        ],
        Constraints = AuthErrors.ByConstraint,
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

/// <summary>What the slices of this room share, under /api/v1/auth.</summary>
internal sealed class AuthGroup() : SliceGroup("/api/v1/auth", "Auth");

/// <summary>What the slices of this room share, under /api/v1.</summary>
internal sealed class AccountsGroup() : SliceGroup("/api/v1", "Auth");

/// <summary>What the slices of this room share, under /.well-known.</summary>
internal sealed class WellKnownGroup() : SliceGroup("/.well-known", "Auth");

using Veza.Infrastructure.Limits;

namespace Veza.Features.Auth;

/// <summary>How often somebody may try to get in, and to be written to; with the limits of production.</summary>
internal static class AuthPolicies
{
    private static readonly TimeSpan QuarterHour = TimeSpan.FromMinutes(15),
        Hour = TimeSpan.FromHours(1);

    /// <summary>Wrong passwords, one-time codes and recovery codes; a right one is given back.</summary>
    internal static readonly LimitPolicy SignIn = new("sign_in", 10, 60, 200, QuarterHour)
    {
        Tightens = true,
        SubjectRefused = AuthErrors.AccountLocked,
    };

    /// <summary>Accounts made.</summary>
    internal static readonly LimitPolicy Register = new("register", 0, 20, 60, Hour);

    /// <summary>E-mails to one recipient, asked for from one address.</summary>
    internal static readonly LimitPolicy Mail = new("mail", 5, 30, 100, Hour);

    /// <summary>Links, tickets and codes from e-mails that were tried; a good one is given back.</summary>
    internal static readonly LimitPolicy Code = new("code", 10, 60, 200, QuarterHour) { Tightens = true };

    /// <summary>Refresh tokens spent.</summary>
    internal static readonly LimitPolicy Refresh = new("refresh", 0, 600, 1000, TimeSpan.FromMinutes(1));

    /// <summary>Sign-ins and links begun with a provider: each is a row until it is over.</summary>
    internal static readonly LimitPolicy OAuth = new("oauth", 0, 120, 600, QuarterHour);

    /// <summary>
    /// Challenges for passkeys that nobody needs to be signed in for; each is a row until it is forgotten.
    /// </summary>
    internal static readonly LimitPolicy Challenge = new("challenge", 0, 120, 400, TimeSpan.FromMinutes(1));

    internal static readonly LimitPolicy[] All = [SignIn, Register, Mail, Code, Refresh, OAuth, Challenge];
}

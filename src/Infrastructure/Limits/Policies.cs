using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Http;

namespace Veza.Infrastructure.Limits;

/// <summary>
/// How often a thing may be tried within a window: by whom or on whom it is done (an account, a recipient), from one
/// address, from one subnet. 0 is no limit. Every try counts unless its slot is given back.
/// </summary>
internal sealed record LimitPolicy(string Name, int PerSubject, int PerAddress, int PerSubnet, TimeSpan Window)
{
    /// <summary>Whether an attack on accounts tightens what a stranger's address and subnet may do.</summary>
    internal bool Tightens { get; init; }

    /// <summary>What is said when the subject's own limit refuses.</summary>
    internal Error SubjectRefused { get; init; } = Errors.RateLimited;
}

/// <summary>
/// All policies, with the limits of production. Each number is a setting: VEZA__LIMITS__NAME__PER_SUBJECT, PER_ADDRESS,
/// PER_SUBNET, WINDOW_S.
/// </summary>
internal static class Policies
{
    private static readonly TimeSpan QuarterHour = TimeSpan.FromMinutes(15),
        Hour = TimeSpan.FromHours(1);

    /// <summary>Wrong passwords, one-time codes and recovery codes; a right one is given back.</summary>
    internal static readonly LimitPolicy SignIn = new("sign_in", 10, 60, 200, QuarterHour)
    {
        Tightens = true,
        SubjectRefused = Errors.AccountLocked,
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

    /// <summary>Rooms opened by one person.</summary>
    internal static readonly LimitPolicy Room = new("room", 60, 0, 0, Hour);

    /// <summary>Conversations that one person began with others, not what is said in them.</summary>
    internal static readonly LimitPolicy Direct = new("direct", 60, 0, 0, Hour);

    internal static readonly LimitPolicy[] All =
    [
        SignIn,
        Register,
        Mail,
        Code,
        Refresh,
        OAuth,
        Challenge,
        Room,
        Direct,
    ];
}

/// <summary>
/// The limits as configured. Requests are counted for each address and each signed-in caller, in this process, over a
/// minute; 0 is no limit.
/// </summary>
internal sealed record LimitSettings(
    int RequestsPerAddress,
    int RequestsPerCaller,
    int AttackFailuresPerMinute,
    IReadOnlyDictionary<string, LimitPolicy> Configured
)
{
    /// <summary>The instants of so many tries are kept for each key.</summary>
    private const int TriesMax = 1000,
        RequestsMax = 10_000_000;

    private const int WindowMinS = 1,
        WindowMaxS = 24 * 60 * 60;

    internal static LimitSettings Read(SettingsReader read) =>
        new(
            read.Int("limits:requests:per_address", 3000, 0, RequestsMax),
            read.Int("limits:requests:per_caller", 3000, 0, RequestsMax),
            read.Int("limits:attack:failures_per_minute", 300, 1, RequestsMax),
            Policies.All.Select(policy => Read(read, policy, $"limits:{policy.Name}:")).ToDictionary(p => p.Name)
        );

    private static LimitPolicy Read(SettingsReader read, LimitPolicy policy, string key) =>
        policy with
        {
            PerSubject = read.Int(key + "per_subject", policy.PerSubject, 0, TriesMax),
            PerAddress = read.Int(key + "per_address", policy.PerAddress, 0, TriesMax),
            PerSubnet = read.Int(key + "per_subnet", policy.PerSubnet, 0, TriesMax),
            Window = TimeSpan.FromSeconds(
                read.Int(key + "window_s", (int)policy.Window.TotalSeconds, WindowMinS, WindowMaxS)
            ),
        };
}

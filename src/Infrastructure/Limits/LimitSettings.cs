using Veza.Infrastructure.Configuration;

namespace Veza.Infrastructure.Limits;

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

    internal static LimitSettings Read(SettingsReader read, IEnumerable<LimitPolicy> policies) =>
        new(
            read.Int("limits:requests:per_address", 3000, 0, RequestsMax),
            read.Int("limits:requests:per_caller", 3000, 0, RequestsMax),
            read.Int("limits:attack:failures_per_minute", 300, 1, RequestsMax),
            policies.Select(policy => Read(read, policy, $"limits:{policy.Name}:")).ToDictionary(p => p.Name)
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

using Veza.Infrastructure.Configuration;

namespace Veza.Features.Uploads;

/// <summary>
/// How many bytes of originals an account may have (0 is no limit), and how long an upload may lie idle.
/// </summary>
internal sealed record UploadsSettings(long QuotaBytes, TimeSpan Expire)
{
    internal static UploadsSettings Read(SettingsReader read) =>
        new(
            read.Long("uploads:quota_bytes", 50L << 30, 0, 1L << 50),
            TimeSpan.FromSeconds(read.Int("uploads:expire_s", 24 * 60 * 60, 60, 30 * 24 * 60 * 60))
        );
}

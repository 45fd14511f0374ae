using Veza.Infrastructure.Configuration;

namespace Veza.Features.Auth;

/// <summary>How long sessions last, and the bound on password hashing.</summary>
internal sealed record AuthSettings(int SessionDays, int BcryptThreads, int BcryptQueueMax, int RefreshGraceS)
{
    internal static AuthSettings Read(SettingsReader read) =>
        new(
            read.Int("auth:session_days", 30, 1, 365),
            read.Int("auth:bcrypt_threads", Math.Max(1, Environment.ProcessorCount), 1, 64),
            read.Int("auth:bcrypt_queue_max", 64, 1, 10_000),
            read.Int("auth:refresh_grace_s", 30, 0, 300)
        );
}

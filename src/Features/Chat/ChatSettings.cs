using Veza.Infrastructure.Configuration;

namespace Veza.Features.Chat;

/// <summary>
/// How many days messages are kept, by whole months (0 keeps them), and how many bytes of attachments an account may
/// have (0 is no limit).
/// </summary>
internal sealed record ChatSettings(int RetentionDays, long AttachmentQuotaBytes)
{
    private const int RetentionDaysMax = 36_500;

    internal static ChatSettings Read(SettingsReader read) =>
        new(
            read.Int("chat:retention_days", 0, 0, RetentionDaysMax),
            read.Long("chat:attachment_quota_bytes", 2L << 30, 0, 1L << 50)
        );
}

namespace Veza.Features.Notifications;

/// <summary>How much there may be of what this room keeps and takes.</summary>
internal static class NotificationsLimits
{
    internal const int DevicesMax = 20,
        DeviceNameCharsMax = 80,
        EndpointCharsMax = 1000,
        TokenCharsMax = 500,
        AppCharsMax = 100;

    internal const int ExcerptCharsMax = 300,
        PushedBytesMax = 1000,
        PushedNameBytesMax = 200,
        ReadIdsMax = 100,
        UnreadCountMax = 1000;
}

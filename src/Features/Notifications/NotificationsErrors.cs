using Veza.Infrastructure.Http;

namespace Veza.Features.Notifications;

/// <summary>How requests about notifications and devices fail.</summary>
internal static class NotificationsErrors
{
    internal static readonly Error PushEndpointRefused = new(
        "PUSH_ENDPOINT_REFUSED",
        422,
        "The endpoint is no https URL of a public push service"
    );

    internal static readonly Error PushKindUnavailable = new(
        "PUSH_KIND_UNAVAILABLE",
        422,
        "This server has no gateway to such devices; its operator has to set VEZA__PUSH__GATEWAY"
    );

    internal static readonly Error PushDeviceNotFound = new("PUSH_DEVICE_NOT_FOUND", 404, "You have no such device");

    internal static readonly Error TooManyPushDevices = new(
        "TOO_MANY_PUSH_DEVICES",
        409,
        "You have as many devices as are allowed; remove one first"
    );
}

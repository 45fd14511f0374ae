using Veza.Infrastructure.Configuration;

namespace Veza.Features.Notifications;

/// <summary>
/// How long a push waits for the person to read what it is about, and the gateway to other kinds of push, if there is
/// one.
/// </summary>
internal sealed record NotificationsSettings(int GraceS, PushGateway? Gateway)
{
    internal static NotificationsSettings Read(SettingsReader read) =>
        new(read.Int("push:grace_s", 3, 0, 300), PushGateway.Read(read));
}

/// <summary>Where notifications for devices of kind gateway go, and what they are signed with.</summary>
internal sealed record PushGateway(Uri Url, string Secret)
{
    private const int SecretCharsMin = 32;

    internal static PushGateway? Read(SettingsReader read)
    {
        var text = read.Optional("push:gateway");
        var secret = read.Secret("push:gateway_secret");
        if (text is null && secret is null)
            return null;
        if (text is null)
            read.Fault(
                "push:gateway",
                "is not set though a secret is",
                "set it to the gateway's URL, such as https://push.example.org/notify"
            );
        // A file that is missing was told already.
        if (secret is null or { Length: < SecretCharsMin } && read.Optional("push:gateway_secret_file") is null)
            read.Fault(
                "push:gateway_secret",
                $"is not set, or shorter than {SecretCharsMin} characters",
                "make one with: openssl rand -base64 32"
            );
        if (text is null || secret is null)
            return null;
        var url = read.Url("push:gateway", "https://push.example.org/notify");
        // What people say to each other goes there.
        if (!SettingsReader.IsSafe(url))
            read.Fault("push:gateway", "is not an https URL", "http is taken for this machine's own addresses only");
        return new PushGateway(url, secret);
    }

    /// <summary>Without the secret.</summary>
    public override string ToString() => Url.GetLeftPart(UriPartial.Path);
}

using System.Net;

namespace Veza.Infrastructure.Configuration;

/// <summary>
/// Who answers for what this server pushes, and networks beside the public ones that push services may stand in.
/// </summary>
internal sealed record PushSettings(string Contact, IPNetwork[] Networks)
{
    internal static PushSettings Read(SettingsReader read, Uri publicUrl)
    {
        var contact = read.Text("push:contact", publicUrl.GetLeftPart(UriPartial.Authority));
        if (!Uri.TryCreate(contact, UriKind.Absolute, out var url) || url.Scheme is not ("mailto" or "https" or "http"))
            read.Fault(
                "push:contact",
                $"'{contact}' is neither a mailto: nor an https: URL",
                "set it to the address of whoever runs this server, such as mailto:admin@example.org"
            );
        return new PushSettings(contact, read.Networks("push:networks"));
    }
}

using Veza.Infrastructure.Configuration;

namespace Veza.Features.Plays;

/// <summary>
/// The header in which a trusted proxy names the listener's country, such as CF-IPCountry; null, as it is at first,
/// keeps none.
/// </summary>
internal sealed record PlaysSettings(string? CountryHeader)
{
    internal static PlaysSettings Read(SettingsReader read)
    {
        var header = read.Optional("plays:countries");
        if (header is not null && !header.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
            read.Fault(
                "plays:countries",
                $"'{header}' is not the name of a header",
                "use such as CF-IPCountry, or unset it"
            );
        if (header is not null && read.List("http:proxies").Length == 0)
            read.Fault(
                "plays:countries",
                "is set, but no proxy is trusted to say it",
                "name the proxy in VEZA__HTTP__PROXIES, or unset it"
            );
        return new PlaysSettings(header);
    }
}

using Veza.Infrastructure;
using Veza.Infrastructure.Configuration;

namespace Veza.Features.Streaming;

/// <summary>Signed URLs, and what stands behind them: playlists, segments, whole variants.</summary>
internal static class StreamingModule
{
    internal static readonly Module Inventory = new("Streaming")
    {
        Slices =
        [
            (Roles.Api, ShowStream.Endpoint),
            (Roles.Stream, ServePlaylist.Endpoint),
            (Roles.Stream, ServeManifest.Endpoint),
            (Roles.Stream, ServeVariant.Endpoint),
            (Roles.Stream, AllowStream.Endpoint),
        ],
        Json = [ShowStreamJson.Default],
        Settings = [SettingsPart.Of((read, settings) => StreamingSettings.Read(read, settings.Storage))],
        Nouns = (services, roles) =>
        {
            if (roles.Contains(Roles.Api) || roles.Contains(Roles.Stream))
                services.AddSingleton<StreamGrants>().AddSingleton<Ladders>();
            if (roles.Contains(Roles.Stream))
                services.AddSingleton<Delivery>();
        },
    };
}

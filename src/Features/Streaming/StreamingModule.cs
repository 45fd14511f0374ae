using Veza.Infrastructure;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Http;

namespace Veza.Features.Streaming;

/// <summary>Signed URLs, and what stands behind them: playlists, segments, whole variants.</summary>
internal static class StreamingModule
{
    internal static readonly Module Inventory = new("Streaming")
    {
        Slices =
        [
            new(Roles.Stream, typeof(AllowStream)),
            new(Roles.Api, typeof(ShowStream)),
            new(Roles.Stream, typeof(ServePlaylist)),
            new(Roles.Stream, typeof(ServeManifest)),
            new(Roles.Stream, typeof(ServeVariant)),
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

/// <summary>What the slices of this room share.</summary>
internal sealed class StreamingGroup() : SliceGroup("", "Streaming");

using Veza.Infrastructure;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Jobs;

namespace Veza.Features.Plays;

/// <summary>Plays: what counts as one, what artists learn of them, and what people have listened to.</summary>
internal static class PlaysModule
{
    internal static readonly Module Inventory = new("Plays")
    {
        Slices =
        [
            (Roles.Api, BeginPlay.Endpoint),
            (Roles.Api, SendHeartbeat.Endpoint),
            (Roles.Api, ShowTrackStats.Endpoint),
            (Roles.Api, ListHistory.Endpoint),
            (Roles.Api, ClearHistory.Endpoint),
        ],
        Json = [BeginPlayJson.Default, SendHeartbeatJson.Default, ShowTrackStatsJson.Default, ListHistoryJson.Default],
        Settings = [SettingsPart.Of(PlaysSettings.Read)],
        Upkeep =
        [
            UpkeepTask.Of(PlayMonths.Keep),
            UpkeepTask.Of(PlayTally.CountNew),
            UpkeepTask.Of(PlayTally.CloseDue),
            UpkeepTask.Of(PlayRetention.Forget),
        ],
        Nouns = (services, roles) =>
        {
            if (roles.Contains(Roles.Api))
                services.AddSingleton<PlayBook>().AddSingleton<Listeners>();
        },
    };
}

using Veza.Infrastructure;
using Veza.Infrastructure.Events;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Jobs;
using PlaysEvents = Veza.Features.Plays.PlaysEvents;

namespace Veza.Features.Discovery;

/// <summary>
/// Tracks that nobody asked for by name: similar, recommended, trending. It names Tracks for what a track is on the
/// wire, and no room names it. The search of the catalogue is not here: it is the list of Tracks, and its index is kept
/// by triggers on the track itself.
/// </summary>
internal static class DiscoveryModule
{
    internal static readonly Module Inventory = new("Discovery")
    {
        Slices =
        [
            new(Roles.Api, typeof(ListSimilarTracks)),
            new(Roles.Api, typeof(ListRecommendedTracks)),
            new(Roles.Api, typeof(ListTrendingTracks)),
        ],
        Subscriptions = [EventSubscription.Of<WarmTracks>("warm_tracks", PlaysEvents.Counted).FromTheBeginning()],
        Upkeep = [UpkeepTask.Of(Trend.Forget)],
    };
}

/// <summary>What the slices of this room share.</summary>
internal sealed class DiscoveryGroup() : SliceGroup("/api/v1/tracks", "Discovery");

using Veza.Features.Tracks.Discovery;
using Veza.Infrastructure;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Media;
using PlaysEvents = Veza.Features.Plays.PlaysEvents;

namespace Veza.Features.Tracks;

/// <summary>Tracks: from an uploaded file to something that can be played and found.</summary>
internal static class TracksModule
{
    internal const long UploadBytesMax = 2L * 1024 * 1024 * 1024, FormBytesMax = 1024 * 1024;
    internal const int NameCharsMax = 200, DescriptionCharsMax = 5000, TagsMax = 20, TagCharsMax = 50, QueryCharsMax = 200, WaitingMax = 100;
    internal const string OriginalName = "original";

    internal static readonly JobKind Transcode = new("transcode_track", TranscodeTrack.AttemptsMax, services => ActivatorUtilities.CreateInstance<TranscodeTrack>(services));

    internal static readonly Module Inventory = new("Tracks")
    {
        Slices =
        [
            (Roles.Api, UploadTrack.Endpoint),
            (Roles.Api, ListTracks.Endpoint),
            (Roles.Api, ShowTrack.Endpoint),
            (Roles.Api, ShowTrackStatus.Endpoint),
            (Roles.Api, ShowWaveform.Endpoint),
            (Roles.Api, DeleteTrack.Endpoint),

            (Roles.Api, ListSimilarTracks.Endpoint),
            (Roles.Api, ListRecommendedTracks.Endpoint),
            (Roles.Api, ListTrendingTracks.Endpoint),
        ],
        Jobs = [Transcode, PlaysEvents.Counted with { Create = services => ActivatorUtilities.CreateInstance<CountPlays>(services) }],
        Upkeep = [Trend.Forget],
        Json = [UploadTrackJson.Default, ListTracksJson.Default, ShowTrackStatusJson.Default, WaveformJson.Default],
        Nouns = (services, roles) =>
        {
            if (!roles.Contains(Roles.Worker)) return;
            services.AddSingleton(_ => new Lazy<Task<MediaSandbox>>(() => MediaSandbox.Detect(CancellationToken.None)));
            services.AddHostedService<WorkerScratch>();
        },
    };
}

using Veza.Features.Tracks.Comments;
using Veza.Features.Tracks.Covers;
using Veza.Features.Tracks.Likes;
using Veza.Features.Tracks.Processing;
using Veza.Features.Tracks.Reads;
using Veza.Features.Tracks.Revisions;
using Veza.Features.Tracks.Search;
using Veza.Infrastructure;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Events;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Media;
using AlbumsEvents = Veza.Features.Albums.AlbumsEvents;
using PlaysEvents = Veza.Features.Plays.PlaysEvents;

namespace Veza.Features.Tracks;

/// <summary>Tracks: from a file that came in to something that can be played and found.</summary>
internal static class TracksModule
{
    internal static readonly JobKind Transcode = new(
        "transcode_track",
        TranscodeTrack.AttemptsMax,
        services => ActivatorUtilities.CreateInstance<TranscodeTrack>(services)
    );

    internal static readonly JobKind IndexUploaders = new(
        "index_uploader",
        IndexUploader.AttemptsMax,
        services => ActivatorUtilities.CreateInstance<IndexUploader>(services)
    )
    {
        IsBrief = true,
    };

    internal static readonly Module Inventory = new("Tracks")
    {
        Slices =
        [
            new(Roles.Api, typeof(ListTracks), ListTracksJson.Default),
            new(Roles.Api, typeof(SuggestTracks), SuggestTracksJson.Default),
            new(Roles.Api, typeof(ShowTrack)),
            new(Roles.Api, typeof(ShowTrackStatus), ShowTrackStatusJson.Default),
            new(Roles.Api, typeof(ShowWaveform)),
            new(Roles.Api, typeof(ShowWaveformFile)),
            new(Roles.Api, typeof(BlockRecording), BlockRecordingJson.Default),
            new(Roles.Api, typeof(ListBlockedRecordings), ListBlockedRecordingsJson.Default),
            new(Roles.Api, typeof(UnblockRecording)),
            new(Roles.Api, typeof(DownloadOriginal)),
            new(Roles.Api, typeof(ChoosePreview), ChoosePreviewJson.Default),
            new(Roles.Api, typeof(DeleteTrack)),
            new(Roles.Api, typeof(SetCover)),
            new(Roles.Api, typeof(RemoveCover)),
            new(Roles.Api, typeof(ShowCover)),
            new(Roles.Api, typeof(EditTrack), EditTrackJson.Default),
            new(Roles.Api, typeof(WithdrawTrack)),
            new(Roles.Api, typeof(ReturnTrack)),
            new(Roles.Api, typeof(LikeTrack), LikeTrackJson.Default),
            new(Roles.Api, typeof(UnlikeTrack)),
            new(Roles.Api, typeof(ListLikes), ListLikesJson.Default),
            new(Roles.Api, typeof(ListRevisions)),
            new(Roles.Api, typeof(RestoreRevision)),
            new(Roles.Api, typeof(DeleteRevision)),
            new(Roles.Api, typeof(PostComment), PostCommentJson.Default),
            new(Roles.Api, typeof(ListComments)),
            new(Roles.Api, typeof(EditComment), EditCommentJson.Default),
            new(Roles.Api, typeof(DeleteComment)),
            new(Roles.Api, typeof(WatchTrack), WatchTrackJson.Default),
            new(Roles.Api, typeof(CancelProcessing)),
        ],
        Jobs = [Transcode, IndexUploaders],
        Subscriptions =
        [
            EventSubscription.Of<NameAlbum>("name_album", AlbumsEvents.Changed).FromTheBeginning(),
            EventSubscription.Of<CountPlays>("count_plays", PlaysEvents.Counted).FromTheBeginning(),
        ],
        Upkeep =
        [
            UpkeepTask.Of(TrackCounts.FoldAll),
            UpkeepTask.Of(StreamEnds.ForgetExpired),
            UpkeepTask.Of(IndexUploader.ForgetWords),
        ],
        Constraints = TracksErrors.ByConstraint,
        Json = [WaveformJson.Default, CommentJson.Default, RevisionJson.Default],
        Nouns = (services, roles) =>
        {
            if (roles.Contains(Roles.Api))
            {
                services.AddSingleton<TrackWatches>().AddHostedService(s => s.GetRequiredService<TrackWatches>());
            }

            if (!roles.Contains(Roles.Worker))
                return;
            services.AddSingleton(s => new Lazy<Task<MediaSandbox>>(() =>
                MediaSandbox.Open(s.GetRequiredService<Settings>())
            ));
            services.AddSingleton(s => ScratchSpace.Of(s.GetRequiredService<Settings>().Worker));
            services.AddHostedService<WorkerScratch>();
        },
    };
}

/// <summary>What the slices of this room share.</summary>
internal sealed class TracksGroup() : SliceGroup("/api/v1", "Tracks");

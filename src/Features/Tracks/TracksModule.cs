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
            (Roles.Api, ListTracks.Endpoint),
            (Roles.Api, SuggestTracks.Endpoint),
            (Roles.Api, ShowTrack.Endpoint),
            (Roles.Api, ShowTrackStatus.Endpoint),
            (Roles.Api, ShowWaveform.Endpoint),
            (Roles.Api, ShowWaveformFile.Endpoint),
            (Roles.Api, BlockRecording.Endpoint),
            (Roles.Api, ListBlockedRecordings.Endpoint),
            (Roles.Api, UnblockRecording.Endpoint),
            (Roles.Api, DownloadOriginal.Endpoint),
            (Roles.Api, ChoosePreview.Endpoint),
            (Roles.Api, DeleteTrack.Endpoint),
            (Roles.Api, SetCover.Endpoint),
            (Roles.Api, RemoveCover.Endpoint),
            (Roles.Api, ShowCover.Endpoint),
            (Roles.Api, EditTrack.Endpoint),
            (Roles.Api, WithdrawTrack.Endpoint),
            (Roles.Api, ReturnTrack.Endpoint),
            (Roles.Api, LikeTrack.Endpoint),
            (Roles.Api, UnlikeTrack.Endpoint),
            (Roles.Api, ListLikes.Endpoint),
            (Roles.Api, ListRevisions.Endpoint),
            (Roles.Api, RestoreRevision.Endpoint),
            (Roles.Api, DeleteRevision.Endpoint),
            (Roles.Api, PostComment.Endpoint),
            (Roles.Api, ListComments.Endpoint),
            (Roles.Api, EditComment.Endpoint),
            (Roles.Api, DeleteComment.Endpoint),
            (Roles.Api, WatchTrack.Endpoint),
            (Roles.Api, CancelProcessing.Endpoint),
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
        Json =
        [
            ListTracksJson.Default,
            SuggestTracksJson.Default,
            ShowTrackStatusJson.Default,
            WaveformJson.Default,
            EditTrackJson.Default,
            LikeTrackJson.Default,
            ListLikesJson.Default,
            CommentJson.Default,
            PostCommentJson.Default,
            EditCommentJson.Default,
            RevisionJson.Default,
            WatchTrackJson.Default,
            ChoosePreviewJson.Default,
            BlockRecordingJson.Default,
            ListBlockedRecordingsJson.Default,
        ],
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

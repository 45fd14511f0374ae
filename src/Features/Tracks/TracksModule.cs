using Veza.Features.Tracks.Comments;
using Veza.Features.Tracks.Covers;
using Veza.Features.Tracks.Discovery;
using Veza.Features.Tracks.Likes;
using Veza.Features.Tracks.Processing;
using Veza.Features.Tracks.Revisions;
using Veza.Features.Tracks.Search;
using Veza.Features.Tracks.Uploads;
using Veza.Infrastructure;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Events;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Media;
using AlbumsEvents = Veza.Features.Albums.AlbumsEvents;
using PlaysEvents = Veza.Features.Plays.PlaysEvents;

namespace Veza.Features.Tracks;

/// <summary>Tracks: from an uploaded file to something that can be played and found.</summary>
internal static class TracksModule
{
    internal const string OriginalName = "original";

    internal static readonly JobKind Transcode = new(
        "transcode_track",
        TranscodeTrack.AttemptsMax,
        services => ActivatorUtilities.CreateInstance<TranscodeTrack>(services)
    );

    internal static readonly JobKind Join = new(
        "join_upload_parts",
        JoinParts.AttemptsMax,
        services => ActivatorUtilities.CreateInstance<JoinParts>(services)
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
            (Roles.Api, UploadTrack.Endpoint),
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
            (Roles.Api, ShowUploadOptions.Endpoint),
            (Roles.Api, CreateUpload.Endpoint),
            (Roles.Api, AppendUpload.Endpoint),
            (Roles.Api, ShowUpload.Endpoint),
            (Roles.Api, TerminateUpload.Endpoint),
            (Roles.Api, ShowUploadQuota.Endpoint),
            (Roles.Api, JudgeUpload.Endpoint),
            (Roles.Api, EditTrack.Endpoint),
            (Roles.Api, WithdrawTrack.Endpoint),
            (Roles.Api, ReturnTrack.Endpoint),
            (Roles.Api, LikeTrack.Endpoint),
            (Roles.Api, UnlikeTrack.Endpoint),
            (Roles.Api, ListLikes.Endpoint),
            (Roles.Api, ReplaceAudio.Endpoint),
            (Roles.Api, ListRevisions.Endpoint),
            (Roles.Api, RestoreRevision.Endpoint),
            (Roles.Api, DeleteRevision.Endpoint),
            (Roles.Api, PostComment.Endpoint),
            (Roles.Api, ListComments.Endpoint),
            (Roles.Api, EditComment.Endpoint),
            (Roles.Api, DeleteComment.Endpoint),
            (Roles.Api, WatchTrack.Endpoint),
            (Roles.Api, CancelProcessing.Endpoint),
            (Roles.Api, ListSimilarTracks.Endpoint),
            (Roles.Api, ListRecommendedTracks.Endpoint),
            (Roles.Api, ListTrendingTracks.Endpoint),
        ],
        Jobs = [Transcode, Join, IndexUploaders],
        Subscriptions =
        [
            EventSubscription.Of<NameAlbum>("name_album", AlbumsEvents.Changed).FromTheBeginning(),
            EventSubscription.Of<CountPlays>("count_plays", PlaysEvents.Counted).FromTheBeginning(),
        ],
        Settings = [SettingsPart.Of(UploadsSettings.Read)],
        Upkeep =
        [
            UpkeepTask.Of(TrackCounts.FoldAll),
            UpkeepTask.Of(StreamEnds.ForgetExpired),
            UpkeepTask.Of(UploadUpkeep.EndIdle),
            UpkeepTask.Of(UploadUpkeep.GiveBackForms),
            UpkeepTask.Of(UploadUpkeep.ForgetOver),
            UpkeepTask.Of(IndexUploader.ForgetWords),
            UpkeepTask.Of(Trend.Forget),
        ],
        Constraints = TracksErrors.ByConstraint,
        Json =
        [
            UploadTrackJson.Default,
            ListTracksJson.Default,
            SuggestTracksJson.Default,
            ShowTrackStatusJson.Default,
            WaveformJson.Default,
            ShowUploadQuotaJson.Default,
            JudgeUploadJson.Default,
            EditTrackJson.Default,
            LikeTrackJson.Default,
            ListLikesJson.Default,
            CommentJson.Default,
            PostCommentJson.Default,
            EditCommentJson.Default,
            RevisionJson.Default,
            ReplaceAudioJson.Default,
            WatchTrackJson.Default,
            ChoosePreviewJson.Default,
            BlockRecordingJson.Default,
            ListBlockedRecordingsJson.Default,
        ],
        Nouns = (services, roles) =>
        {
            if (roles.Contains(Roles.Api))
            {
                services
                    .AddSingleton<StorageQuota>()
                    .AddSingleton<UploadWriter>()
                    .AddSingleton<UploadEnd>()
                    .AddSingleton<UploadJoin>();
                services
                    .AddSingleton<UploadQueue>()
                    .AddSingleton<TrackWatches>()
                    .AddHostedService(s => s.GetRequiredService<TrackWatches>());
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

using Veza.Infrastructure;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Jobs;

namespace Veza.Features.Uploads;

/// <summary>
/// How files come in: by a form or by tus, within a quota. What a file becomes is a matter of Tracks, which this room
/// names and which does not name it (see its NewTrack).
/// </summary>
internal static class UploadsModule
{
    internal static readonly JobKind Join = new(
        "join_upload_parts",
        JoinParts.AttemptsMax,
        services => ActivatorUtilities.CreateInstance<JoinParts>(services)
    );

    internal static readonly Module Inventory = new("Uploads")
    {
        Slices =
        [
            (Roles.Api, UploadTrack.Endpoint),
            (Roles.Api, ReplaceAudio.Endpoint),
            (Roles.Api, ShowUploadOptions.Endpoint),
            (Roles.Api, CreateUpload.Endpoint),
            (Roles.Api, AppendUpload.Endpoint),
            (Roles.Api, ShowUpload.Endpoint),
            (Roles.Api, TerminateUpload.Endpoint),
            (Roles.Api, ShowUploadQuota.Endpoint),
            (Roles.Api, JudgeUpload.Endpoint),
        ],
        Settings = [SettingsPart.Of(UploadsSettings.Read)],
        Jobs = [Join],
        Upkeep =
        [
            UpkeepTask.Of(UploadUpkeep.EndIdle),
            UpkeepTask.Of(UploadUpkeep.GiveBackForms),
            UpkeepTask.Of(UploadUpkeep.ForgetOver),
        ],
        Json =
        [
            UploadTrackJson.Default,
            ReplaceAudioJson.Default,
            ShowUploadQuotaJson.Default,
            JudgeUploadJson.Default,
        ],
        Nouns = (services, roles) =>
        {
            if (!roles.Contains(Roles.Api))
                return;
            services
                .AddSingleton<StorageQuota>()
                .AddSingleton<UploadQueue>()
                .AddSingleton<UploadWriter>()
                .AddSingleton<UploadEnd>()
                .AddSingleton<UploadJoin>();
        },
    };
}

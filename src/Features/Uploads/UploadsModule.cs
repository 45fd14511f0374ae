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
            new(Roles.Api, typeof(UploadTrack), UploadTrackJson.Default),
            new(Roles.Api, typeof(ReplaceAudio), ReplaceAudioJson.Default),
            new(Roles.Api, typeof(ShowUploadOptions)),
            new(Roles.Api, typeof(CreateUpload)),
            new(Roles.Api, typeof(AppendUpload)),
            new(Roles.Api, typeof(ShowUpload)),
            new(Roles.Api, typeof(TerminateUpload)),
            new(Roles.Api, typeof(ShowUploadQuota), ShowUploadQuotaJson.Default),
            new(Roles.Api, typeof(JudgeUpload), JudgeUploadJson.Default),
        ],
        Settings = [SettingsPart.Of(UploadsSettings.Read)],
        Jobs = [Join],
        Upkeep =
        [
            UpkeepTask.Of(UploadUpkeep.EndIdle),
            UpkeepTask.Of(UploadUpkeep.GiveBackForms),
            UpkeepTask.Of(UploadUpkeep.ForgetOver),
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

/// <summary>What the slices of this room share.</summary>
internal sealed class UploadsGroup() : SliceGroup("/api/v1", "Uploads");

using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Uploads;

/// <summary>
/// How much of the room for the caller's originals is taken, how much is promised to uploads under way, and how much
/// there is (null: no limit).
/// </summary>
internal sealed class ShowUploadQuota(PostgresSource postgres, StorageQuota quota) : Slice<ShowUploadQuota.Response>
{
    internal new sealed record Response(long UsedBytes, long ReservedBytes, long? LimitBytes, long FileBytesMax);

    public override void Configure()
    {
        Get("/uploads/quota");
        Group<UploadsGroup>();
        Description(route =>
            route
                .Requires(TracksRead)
                .Described(
                    "Show your storage quota",
                    new Response(24_398_112, 0, 50L << 30, UploadsLimits.FileBytesMax)
                )
        );
    }

    protected override async Task<Answer<Response>> Execute(CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var use = await StorageQuota.Read(db, Caller.UserId);
        return new Response(use.UsedBytes, use.ReservedBytes, quota.LimitBytes, UploadsLimits.FileBytesMax);
    }
}

[JsonSerializable(typeof(Envelope<ShowUploadQuota.Response>))]
internal sealed partial class ShowUploadQuotaJson : JsonSerializerContext;

using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Uploads;

/// <summary>
/// How much of the room for the caller's originals is taken, how much is promised to uploads under way, and how much
/// there is (null: no limit).
/// </summary>
internal static class ShowUploadQuota
{
    internal sealed record Response(long UsedBytes, long ReservedBytes, long? LimitBytes, long FileBytesMax);

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet(Tus.UploadsPath + "/quota", Handle)
            .WithName("ShowUploadQuota")
            .Requires(Permissions.TracksRead)
            .Documented(
                "Uploads",
                "Show your storage quota",
                new Response(24_398_112, 0, 50L << 30, UploadsLimits.FileBytesMax)
            );

    private static async Task<Answer<Response>> Handle(
        Caller caller,
        PostgresSource postgres,
        StorageQuota quota,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var use = await StorageQuota.Read(db, caller.UserId);
        return new Response(use.UsedBytes, use.ReservedBytes, quota.LimitBytes, UploadsLimits.FileBytesMax);
    }
}

[JsonSerializable(typeof(Envelope<ShowUploadQuota.Response>))]
internal sealed partial class ShowUploadQuotaJson : JsonSerializerContext;

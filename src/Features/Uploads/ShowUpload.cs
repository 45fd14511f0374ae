using System.Globalization;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Uploads;

/// <summary>
/// How many bytes of an upload are kept for good, and which track it has become. A server that died between the last
/// byte and the track is made up for here.
/// </summary>
internal sealed class ShowUpload(PostgresSource postgres, TimeProvider clock, UploadEnd end, UploadsSettings settings)
    : ResultSlice<ShowUpload.Request>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Head("/uploads/{id}");
        Group<UploadsGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .Described(
                    "Show the offset of an upload (tus 1.0)",
                    errors:
                    [
                        UploadsErrors.UploadNotFound,
                        UploadsErrors.UploadExpired,
                        UploadsErrors.TusVersionUnsupported,
                        UploadsErrors.UploadLocked,
                    ]
                )
        );
    }

    public override async Task<IResult> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (Tus.Greet(HttpContext) is { } stranger)
            return stranger;
        var row = await Find(postgres, request.Id, Caller, ct);
        if (row is { IsOpen: true, IsWhole: true, IsPartial: false, IsHeld: false })
        {
            var (hold, _) = await UploadHold.Take(
                postgres,
                clock,
                request.Id,
                Caller.UserId,
                row.OffsetBytes,
                settings.Expire,
                ct
            );
            if (hold is not null)
                await using (hold)
                    await end.Finish(hold);
            row = await Find(postgres, request.Id, Caller, ct);
        }

        if (row is null)
            return UploadsErrors.UploadNotFound;
        if (row.Status == "expired" || row is { Status: "open", IsLate: true })
            return UploadsErrors.UploadExpired;
        // All of it said to be here would let the client go, and the track is not sure yet.
        if (row is { Status: "open", IsWhole: true, IsPartial: false })
            return UploadsErrors.UploadLocked;
        var response = HttpContext.Response;
        response.Headers.CacheControl = "no-store";
        response.Headers["Upload-Length"] = row.LengthBytes.ToString(CultureInfo.InvariantCulture);
        Tus.Tell(response, row.OffsetBytes, row.ExpiresAt);
        if (row.Status != "open")
            response.Headers.Remove("Upload-Expires");
        if (row.Metadata.Length > 0 && Tus.IsHeader(row.Metadata))
            response.Headers["Upload-Metadata"] = row.Metadata;
        if (row.IsPartial || (row.Concat.Length > 0 && Tus.IsHeader(row.Concat)))
            response.Headers["Upload-Concat"] = row.IsPartial ? "partial" : row.Concat;
        if (row.TrackId is { } trackId)
            Tus.TellTrack(response, trackId);
        return TypedResults.StatusCode(StatusCodes.Status200OK);
    }

    private static async Task<UploadRow?> Find(PostgresSource postgres, Guid id, Caller caller, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await UploadRow.Find(db, id, caller.UserId);
    }
}

using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Uploads;

/// <summary>
/// Gives an upload up: its bytes are removed and its room is free. What is a track already is deleted as one.
/// </summary>
internal sealed class TerminateUpload(
    PostgresSource postgres,
    TimeProvider clock,
    UploadEnd end,
    UploadsSettings settings
) : ResultSlice<TerminateUpload.Request>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Delete("/uploads/{id}");
        Group<UploadsGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .Described(
                    "Delete an upload (tus 1.0)",
                    status: StatusCodes.Status204NoContent,
                    errors:
                    [
                        UploadsErrors.UploadNotFound,
                        UploadsErrors.UploadFinished,
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
        var (hold, error) = await UploadHold.Take(
            postgres,
            clock,
            request.Id,
            Caller.UserId,
            null,
            settings.Expire,
            ct
        );
        if (hold is null)
            return error!;
        await using (hold)
            if (await end.Drop(hold) is { } lost)
                return lost;
        return TypedResults.StatusCode(StatusCodes.Status204NoContent);
    }
}

using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Uploads;

/// <summary>
/// Gives an upload up: its bytes are removed and its room is free. What is a track already is deleted as one.
/// </summary>
internal static class TerminateUpload
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete(Tus.UploadsPath + "/{id}", Handle)
            .WithName("TerminateUpload")
            .Requires(Permissions.TracksWrite)
            .Documented(
                "Uploads",
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
            );

    private static async Task<IResult> Handle(
        Guid id,
        HttpContext http,
        Caller caller,
        PostgresSource postgres,
        TimeProvider clock,
        UploadEnd end,
        UploadsSettings settings,
        CancellationToken ct
    )
    {
        if (Tus.Greet(http) is { } stranger)
            return (Answer<Nothing>)stranger;
        var (hold, error) = await UploadHold.Take(
            postgres,
            clock,
            id,
            caller.UserId,
            null,
            settings.Expire,
            ct
        );
        if (hold is null)
            return (Answer<Nothing>)error!;
        await using (hold)
            if (await end.Drop(hold) is { } lost)
                return (Answer<Nothing>)lost;
        return TypedResults.StatusCode(StatusCodes.Status204NoContent);
    }
}

using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Tracks;

/// <summary>
/// Lifts a block. Tracks that it refused stay failed: their files were not kept, so they are uploaded anew.
/// </summary>
internal static class UnblockRecording
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/admin/blocked-recordings/{id}", Handle)
            .WithName("UnblockRecording")
            .Requires(Permissions.TracksModerate)
            .Documented("Admin", "Unblock a recording", Nothing.Value, errors: TracksErrors.BlockedRecordingNotFound);

    private static async Task<Answer<Nothing>> Handle(Guid id, PostgresSource postgres, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var lifted = await db.ExecuteAsync("delete from blocked_recording where id = @id", new { id });
        return lifted == 0
            ? TracksErrors.BlockedRecordingNotFound
            : Answer<Nothing>.Of(Nothing.Value, "The block is lifted");
    }
}

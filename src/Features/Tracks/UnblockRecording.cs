using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Tracks;

/// <summary>
/// Lifts a block. Tracks that it refused stay failed: their files were not kept, so they are uploaded anew.
/// </summary>
internal sealed class UnblockRecording(PostgresSource postgres) : Slice<UnblockRecording.Request, Nothing>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Delete("/admin/blocked-recordings/{id}");
        Group<TracksGroup>();
        Description(route =>
            route
                .Requires(TracksModerate)
                .Described("Unblock a recording", Nothing.Value, errors: TracksErrors.BlockedRecordingNotFound)
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var lifted = await db.ExecuteAsync("delete from blocked_recording where id = @id", new { id });
        return lifted == 0
            ? TracksErrors.BlockedRecordingNotFound
            : Answer<Nothing>.Of(Nothing.Value, "The block is lifted");
    }
}

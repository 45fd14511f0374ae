using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Tracks;

/// <summary>One track. A private one is shown to its owner alone; to all others it does not exist.</summary>
internal static class ShowTrack
{
    internal static void Endpoint(IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/tracks/{id}", Handle).WithName("ShowTrack").Anonymous(seesMoreWith: Permissions.TracksRead)
        .Documented("Tracks", "A track", Track.Example, errors: Errors.TrackNotFound);

    private static async Task<Answer<Track>> Handle(Guid id, Caller? caller, NpgsqlDataSource postgres, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var row = await db.QuerySingleOrDefaultAsync<TrackRow>($"""
            select {TrackRow.ColumnsForCaller} from track t join account a on a.id = t.account_id
             where t.id = @id and (t.account_id = @callerId or t.is_open)
            """, new { id, callerId = caller?.UserId });
        return row is null ? Errors.TrackNotFound : row.ToTrack();
    }
}

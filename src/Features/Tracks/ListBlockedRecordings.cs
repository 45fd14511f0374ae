using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Tracks;

/// <summary>The blocked recordings, newest first.</summary>
[HotRead]
internal static class ListBlockedRecordings
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/admin/blocked-recordings", Handle)
            .WithName("ListBlockedRecordings")
            .Requires(Permissions.TracksModerate)
            .Documented(
                "Admin",
                "List blocked recordings",
                new[] { BlockedRecording.Example },
                errors: [Errors.Validation, Errors.PageTooDeep]
            );

    private static async Task<Answer<BlockedRecording[]>> Handle(
        int? page,
        int? per_page,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
        if (Paging.Read(page, per_page, out var paging) is { } refused)
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<BlockedRecording>(
            """
            select id, track_id, title, artist, reason, blocked_by, created_at from blocked_recording
              order by created_at desc, id limit @PerPage offset @Offset
            """,
            new { paging.PerPage, paging.Offset }
        );
        var total = await db.ExecuteScalarAsync<long>(
            "select count(*) from (select 1 from blocked_recording limit @ResultsMax) counted",
            new { Paging.ResultsMax }
        );
        return Answer<BlockedRecording[]>.Of([.. rows], "OK", meta: paging.Meta(total));
    }
}

[JsonSerializable(typeof(Envelope<BlockedRecording[]>))]
internal sealed partial class ListBlockedRecordingsJson : JsonSerializerContext;

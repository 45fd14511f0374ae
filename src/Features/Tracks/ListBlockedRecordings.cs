using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Tracks;

/// <summary>The blocked recordings, newest first.</summary>
[HotRead]
internal sealed class ListBlockedRecordings(PostgresSource postgres)
    : Slice<ListBlockedRecordings.Request, BlockedRecording[]>
{
    internal sealed record Request(int? Page, int? PerPage);

    public override void Configure()
    {
        Get("/admin/blocked-recordings");
        Group<TracksGroup>();
        Description(route =>
            route
                .Requires(TracksModerate)
                .Described(
                    "List blocked recordings",
                    new[] { BlockedRecording.Example },
                    errors: [Errors.Validation, Errors.PageTooDeep]
                )
        );
    }

    public override async Task<Answer<BlockedRecording[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (Paging.Read(request.Page, request.PerPage, out var paging) is { } refused)
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

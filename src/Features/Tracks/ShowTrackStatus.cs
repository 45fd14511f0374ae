using System.Text.Json.Serialization;
using Dapper;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Tracks;

/// <summary>How far the processing of the caller's own track is: made to be asked once a second.</summary>
[HotRead]
internal sealed class ShowTrackStatus(PostgresSource postgres)
    : Slice<ShowTrackStatus.Request, ShowTrackStatus.Response>
{
    internal sealed record Request(Guid Id);

    internal new sealed record Response(Guid Id, string Status, int Progress, Failure? Failure);

    internal sealed record Row(Guid Id, string Status, short Progress, string? FailureCode, string? FailureMessage);

    public override void Configure()
    {
        Get("/tracks/{id}/status");
        Group<TracksGroup>();
        Description(route =>
            route
                .Anonymous(seesMoreWith: TracksRead)
                .Described(
                    "Show the state of a track's processing",
                    new Response(Track.Example.Id, "processing", 62, null),
                    errors: TracksReads.TrackNotFound
                )
        );
    }

    public override async Task<Answer<Response>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var row = await db.QuerySingleOrDefaultAsync<Row>(
            """
            select id, status, progress, failure_code, failure_message from track
             where id = @id and (account_id = @callerId or is_open)
            """,
            new { id, callerId = CallerIfAny?.UserId }
        );
        if (row is null)
            return TracksReads.TrackNotFound;
        return new Response(
            row.Id,
            row.Status,
            row.Progress,
            row.FailureCode is null ? null : new Failure(row.FailureCode, row.FailureMessage ?? "")
        );
    }
}

[JsonSerializable(typeof(Envelope<ShowTrackStatus.Response>))]
internal sealed partial class ShowTrackStatusJson : JsonSerializerContext;

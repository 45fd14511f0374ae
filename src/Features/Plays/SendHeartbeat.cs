using System.Text.Json.Serialization;
using Dapper;
using FastEndpoints;
using FluentValidation;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Plays;

/// <summary>
/// Tells how far a play is: where it stands, and how much was listened since it began, in all. A heartbeat may be lost
/// or sent twice: the next one tells everything again. The play's id is its own key, so that a player goes on when its
/// token has run out.
/// </summary>
internal sealed class SendHeartbeat(PlayBook plays, PostgresSource postgres)
    : Slice<SendHeartbeat.Request, SendHeartbeat.Response>
{
    private const long DayMs = 86_400_000;

    internal sealed record Request([property: JsonIgnore] Guid Id, long PositionMs, long ListenedMs, bool? Ended);

    internal new sealed record Response(long ListenedMs, bool Counted, string? NotCounted);

    internal sealed class Rules : Validator<Request>
    {
        public Rules()
        {
            RuleFor(r => r.PositionMs)
                .InclusiveBetween(0, DayMs)
                .WithErrorCode("OUT_OF_RANGE")
                .WithMessage($"position_ms is from 0 to {DayMs}");
            RuleFor(r => r.ListenedMs)
                .InclusiveBetween(0, DayMs)
                .WithErrorCode("OUT_OF_RANGE")
                .WithMessage($"listened_ms is from 0 to {DayMs}");
        }
    }

    internal sealed record Over(long ListenedMs, string? Verdict);

    public override void Configure()
    {
        Post("/plays/{id}/heartbeats");
        Group<PlaysGroup>();
        Description(route =>
            route
                .Anonymous()
                .Described(
                    "Report the position of a play",
                    new Response(30_000, true, null),
                    new Request(default, 30_000, 30_000, false),
                    errors: [PlaysErrors.PlayNotFound, PlaysErrors.PlayOver, Errors.Validation]
                )
        );
    }

    public override async Task<Answer<Response>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        if (await plays.Beat(id, request.PositionMs, request.ListenedMs, request.Ended is true, ct) is { } standing)
            return Of(standing.ListenedMs, standing.Verdict);
        await using var db = await postgres.OpenConnectionAsync(ct);
        var over = await db.QuerySingleOrDefaultAsync<Over>(
            "select listened_ms, verdict from play where id = @id",
            new { id }
        );
        if (over is null)
            return PlaysErrors.PlayNotFound;
        // The last word, said twice because its answer was lost.
        return request.Ended is true ? Of(over.ListenedMs, over.Verdict) : PlaysErrors.PlayOver;
    }

    private static Response Of(long listenedMs, string? verdict) =>
        new(listenedMs, verdict == "counted", verdict is "counted" ? null : verdict);
}

[JsonSerializable(typeof(SendHeartbeat.Request))]
[JsonSerializable(typeof(Envelope<SendHeartbeat.Response>))]
internal sealed partial class SendHeartbeatJson : JsonSerializerContext;

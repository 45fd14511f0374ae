using System.Text.Json.Serialization;
using Dapper;
using FluentValidation;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Plays;

/// <summary>
/// Tells how far a play is: where it stands, and how much was listened since it began, in all. A heartbeat may be lost
/// or sent twice: the next one tells everything again. The play's id is its own key, so that a player goes on when its
/// token has run out.
/// </summary>
internal static class SendHeartbeat
{
    private const long DayMs = 86_400_000;

    internal sealed record Request(long PositionMs, long ListenedMs, bool? Ended);

    internal sealed record Response(long ListenedMs, bool Counted, string? NotCounted);

    internal sealed class Rules : RulesFor<Request>
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

    private static readonly Rules Validator = new();

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/api/v1/plays/{id}/heartbeats", Handle)
            .WithName("SendHeartbeat")
            .Anonymous()
            .Documented(
                "Plays",
                "Report the position of a play",
                new Response(30_000, true, null),
                new Request(30_000, 30_000, false),
                errors: [PlaysErrors.PlayNotFound, PlaysErrors.PlayOver, Errors.Validation]
            );

    private static async Task<Answer<Response>> Handle(
        Guid id,
        Request request,
        PlayBook plays,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
        if (Validator.Refuse(request) is { } refused)
            return refused;
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

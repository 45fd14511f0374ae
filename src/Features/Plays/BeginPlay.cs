using System.Text.Json.Serialization;
using FluentValidation;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;
using TracksReads = Veza.Features.Tracks.TracksReads;

namespace Veza.Features.Plays;

/// <summary>
/// Begins a play of a track that the caller may see. It counts nothing yet: heartbeats do. Whoever has the play's id
/// may send them.
/// </summary>
internal static class BeginPlay
{
    internal sealed record Request(string? Source, Guid? SourceId);

    internal sealed record Response(Guid PlayId, int HeartbeatEveryS, long CountsAfterMs);

    internal sealed class Rules : RulesFor<Request>
    {
        public Rules() =>
            RuleFor(r => r.Source)
                .Must(source => source is null || Sources.Contains(source))
                .WithErrorCode("NOT_ALLOWED")
                .WithMessage($"source is {string.Join(", ", Sources)}");
    }

    private const string Other = "other";

    private static readonly string[] Sources =
    [
        "profile",
        "search",
        "playlist",
        "album",
        "recommended",
        "trending",
        "embed",
        Other,
    ];

    private static readonly Rules Validator = new();

    private static readonly Response Example = new(
        Guid.Parse("019b0c90-7d00-7a02-b1c8-7f3e9d5a6b10"),
        PlaysLimits.HeartbeatEveryS,
        30_000
    );

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/api/v1/tracks/{id}/plays", Handle)
            .WithName("BeginPlay")
            .Anonymous(seesMoreWith: Permissions.TracksRead)
            .Documented(
                "Plays",
                "Begin to play a track",
                Example,
                new Request("playlist", Guid.Parse("019b0c70-0d00-7a02-b1c8-7f3e9d5a6b10")),
                StatusCodes.Status201Created,
                TracksReads.TrackNotFound,
                TracksReads.TrackNotReady,
                PlaysErrors.TooManyPlays,
                Errors.Validation
            );

    private static async Task<Answer<Response>> Handle(
        Guid id,
        Request? request,
        Caller? caller,
        HttpContext http,
        PlayBook plays,
        Listeners listeners,
        CancellationToken ct
    )
    {
        if (request is not null && Validator.Refuse(request) is { } refused)
            return refused;
        var now = plays.Now;
        var playId = Guid.CreateVersion7(now);
        var isBot = Crawlers.Names(http.Request.Headers.UserAgent.ToString(), isSignedIn: caller is not null);
        var start = new PlayStart(
            id,
            listeners.Of(caller, http, now),
            caller?.UserId,
            isBot,
            request?.Source ?? Other,
            request?.SourceId,
            listeners.CountryOf(http),
            listeners.PlaceOf(caller, http, now)
        );
        return await plays.Begin(playId, start, ct) switch
        {
            null => TracksReads.TrackNotFound,
            { Status: not "ready" } => TracksReads.TrackNotReady,
            { CountsAfterMs: null } => PlaysErrors.TooManyPlays,
            { CountsAfterMs: { } countsAfterMs } => Answer<Response>.Of(
                new Response(playId, PlaysLimits.HeartbeatEveryS, countsAfterMs),
                "The play has begun; send heartbeats",
                StatusCodes.Status201Created
            ),
        };
    }
}

[JsonSerializable(typeof(BeginPlay.Request))]
[JsonSerializable(typeof(Envelope<BeginPlay.Response>))]
internal sealed partial class BeginPlayJson : JsonSerializerContext;

using System.Text.Json.Serialization;
using FastEndpoints;
using FluentValidation;
using Veza.Infrastructure.Http;
using static Veza.Permissions;
using TracksReads = Veza.Features.Tracks.TracksReads;

namespace Veza.Features.Plays;

/// <summary>
/// Begins a play of a track that the caller may see. It counts nothing yet: heartbeats do. Whoever has the play's id
/// may send them.
/// </summary>
internal sealed class BeginPlay(PlayBook plays, Listeners listeners) : Slice<BeginPlay.Request, BeginPlay.Response>
{
    [BodyOptional]
    internal sealed record Request([property: JsonIgnore] Guid Id, string? Source, Guid? SourceId);

    internal new sealed record Response(Guid PlayId, int HeartbeatEveryS, long CountsAfterMs);

    internal sealed class Rules : Validator<Request>
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

    private static readonly Response Example = new(
        Guid.Parse("019b0c90-7d00-7a02-b1c8-7f3e9d5a6b10"),
        PlaysLimits.HeartbeatEveryS,
        30_000
    );

    public override void Configure()
    {
        Post("/tracks/{id}/plays");
        Group<PlaysGroup>();
        Description(route =>
            route
                .Anonymous(seesMoreWith: TracksRead)
                .Described(
                    "Begin to play a track",
                    Example,
                    new Request(default, "playlist", Guid.Parse("019b0c70-0d00-7a02-b1c8-7f3e9d5a6b10")),
                    StatusCodes.Status201Created,
                    TracksReads.TrackNotFound,
                    TracksReads.TrackNotReady,
                    PlaysErrors.TooManyPlays,
                    Errors.Validation
                )
        );
    }

    public override async Task<Answer<Response>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var now = plays.Now;
        var playId = Guid.CreateVersion7(now);
        var isBot = Crawlers.Names(
            HttpContext.Request.Headers.UserAgent.ToString(),
            isSignedIn: CallerIfAny is not null
        );
        var start = new PlayStart(
            request.Id,
            listeners.Of(CallerIfAny, HttpContext, now),
            CallerIfAny?.UserId,
            isBot,
            request.Source ?? Other,
            request.SourceId,
            listeners.CountryOf(HttpContext),
            listeners.PlaceOf(CallerIfAny, HttpContext, now)
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

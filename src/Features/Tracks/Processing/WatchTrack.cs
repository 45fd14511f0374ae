using System.Text.Json;
using System.Text.Json.Serialization;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Realtime;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Tracks.Processing;

/// <summary>
/// A track's processing as server-sent events: <c>status</c>, <c>progress</c>, and <c>end</c> when there is nothing
/// more to come. Every event is the whole state, so whoever comes back misses nothing. It ends with the caller's
/// session, and when the node drains; then the client comes back by itself.
/// </summary>
internal sealed class WatchTrack(
    TrackWatches watches,
    Revocations revocations,
    IHostApplicationLifetime lifetime,
    TimeProvider clock
) : ResultSlice<WatchTrack.Request>
{
    internal sealed record Request(Guid Id);

    private const int RetryMs = 2000,
        RetrySpreadMs = 3000;

    /// <summary>A day: for who comes with an API key that never expires.</summary>
    private const int SecondsMax = 24 * 3600;

    internal new sealed record Response(Guid Id, string Status, int Progress, Failure? Failure);

    internal sealed record Ending(string Reason);

    public override void Configure()
    {
        Get("/tracks/{id}/events");
        Group<TracksGroup>();
        Description(route =>
            route
                .Anonymous(seesMoreWith: TracksRead)
                .Produces(StatusCodes.Status200OK, contentType: EventStream.ContentType)
                .Produces(StatusCodes.Status204NoContent)
                .Described(
                    "Stream a track's processing as server-sent events",
                    errors: [TracksReads.TrackNotFound, TracksErrors.TooManyEventStreams]
                )
        );
    }

    public override async Task<IResult> ExecuteAsync(Request request, CancellationToken ct)
    {
        var caller = HttpContext.Features.Get<Caller>();
        var state = await watches.Look(request.Id, caller?.UserId, HttpContext.RequestAborted);
        if (state is null)
            return TracksReads.TrackNotFound;
        // An EventSource comes back after every end but this one.
        if (state.IsFinal && HttpContext.Request.Headers["Last-Event-ID"] == state.EventId)
        {
            HttpContext.Response.StatusCode = StatusCodes.Status204NoContent;
            return Results.Empty;
        }
        using var watch = watches.Open(state, SlotHolder.Of(HttpContext));
        if (watch is null)
            return TracksErrors.TooManyEventStreams;

        using var over = CancellationTokenSource.CreateLinkedTokenSource(
            HttpContext.RequestAborted,
            lifetime.ApplicationStopping
        );
        over.CancelAfter(
            TimeSpan.FromSeconds(
                caller is null
                    ? SecondsMax
                    : Math.Clamp((caller.ExpiresAt - clock.GetUtcNow().UtcDateTime).TotalSeconds, 0, SecondsMax)
            )
        );
        using var revoked = caller is null ? null : revocations.OnRevoked(caller.SessionId, caller.Epoch, over.Cancel);
        try
        {
            await Tell(
                new EventStream(HttpContext.Response),
                watch,
                clock,
                state,
                HttpContext.Request.Headers["Last-Event-ID"],
                over.Token
            );
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The client, the session or this node has gone; what was sent is whole.
        }
        return Results.Empty;
    }

    private static async Task Tell(
        EventStream stream,
        TrackWatch watch,
        TimeProvider clock,
        TrackState state,
        string? seen,
        CancellationToken ct
    )
    {
        await stream.Begin(RetryMs + Random.Shared.Next(RetrySpreadMs), ct);
        if (state.EventId != seen)
            await Send("status", state);
        var next = watch.Next(ct).AsTask();
        while (!state.IsFinal)
        {
            if (await Task.WhenAny(next, Task.Delay(EventStream.BeatEvery, clock, ct)) != next)
            {
                await stream.Beat(ct);
                continue;
            }

            if (await next is not { } changed)
            {
                await End(state, "gone");
                return;
            }

            await Send(changed.Status == state.Status ? "progress" : "status", changed);
            state = changed;
            next = watch.Next(ct).AsTask();
        }

        await End(state, "finished");

        Task Send(string name, TrackState now) =>
            stream.Send(
                now.EventId,
                name,
                JsonSerializer.Serialize(
                    new Response(
                        now.Id,
                        now.Status,
                        now.Progress,
                        now.FailureCode is null ? null : new Failure(now.FailureCode, now.FailureMessage ?? "")
                    ),
                    WatchTrackJson.Default.Response
                ),
                ct
            );
        Task End(TrackState last, string reason) =>
            stream.Send(
                last.EventId,
                "end",
                JsonSerializer.Serialize(new Ending(reason), WatchTrackJson.Default.Ending),
                ct
            );
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(WatchTrack.Response))]
[JsonSerializable(typeof(WatchTrack.Ending))]
internal sealed partial class WatchTrackJson : JsonSerializerContext;

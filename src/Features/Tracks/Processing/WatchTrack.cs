using System.Text.Json;
using System.Text.Json.Serialization;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Realtime;
using Veza.Infrastructure.Security;

namespace Veza.Features.Tracks.Processing;

/// <summary>
/// A track's processing as server-sent events: <c>status</c>, <c>progress</c>, and <c>end</c> when there is nothing
/// more to come. Every event is the whole state, so whoever comes back misses nothing. It ends with the caller's
/// session, and when the node drains; then the client comes back by itself.
/// </summary>
internal static class WatchTrack
{
    private const int RetryMs = 2000,
        RetrySpreadMs = 3000;

    /// <summary>A day: for who comes with an API key that never expires.</summary>
    private const int SecondsMax = 24 * 3600;

    internal sealed record Response(Guid Id, string Status, int Progress, Failure? Failure);

    internal sealed record Ending(string Reason);

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/tracks/{id}/events", Handle)
            .WithName("WatchTrack")
            .Anonymous(seesMoreWith: Permissions.TracksRead)
            .Produces(StatusCodes.Status200OK, contentType: EventStream.ContentType)
            .Produces(StatusCodes.Status204NoContent)
            .Documented(
                "Tracks",
                "Stream a track's processing as server-sent events",
                errors: [TracksReads.TrackNotFound, TracksErrors.TooManyEventStreams]
            );

    private static async Task Handle(
        Guid id,
        HttpContext http,
        TrackWatches watches,
        Revocations revocations,
        IHostApplicationLifetime lifetime,
        TimeProvider clock
    )
    {
        var caller = http.Features.Get<Caller>();
        var state = await watches.Look(id, caller?.UserId, http.RequestAborted);
        if (state is null)
        {
            await ErrorWriter.Write(http, TracksReads.TrackNotFound);
            return;
        }
        // An EventSource comes back after every end but this one.
        if (state.IsFinal && http.Request.Headers["Last-Event-ID"] == state.EventId)
        {
            http.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }
        using var watch = watches.Open(state, SlotHolder.Of(http));
        if (watch is null)
        {
            await ErrorWriter.Write(http, TracksErrors.TooManyEventStreams);
            return;
        }

        using var over = CancellationTokenSource.CreateLinkedTokenSource(
            http.RequestAborted,
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
                new EventStream(http.Response),
                watch,
                clock,
                state,
                http.Request.Headers["Last-Event-ID"],
                over.Token
            );
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The client, the session or this node has gone; what was sent is whole.
        }
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

using Veza.Tests.Harness;

namespace Veza.Tests.Features.Tracks.Processing;

/// <summary>
/// Nodes that only serve, so that tracks wait for as long as a test wants them to; the worker is a node of its own.
/// </summary>
[Trait("Touches", "Objects")]
public sealed class WatchTrackTests : IAsyncLifetime
{
    private VezaServer api = null!;

    public async ValueTask InitializeAsync() => api = await VezaServer.Start(("VEZA__ROLES", "api"));

    public ValueTask DisposeAsync() => api.DisposeAsync();

    [Fact]
    public async Task An_event_source_sees_a_track_through_to_its_end_on_another_node_and_stays_away_then()
    {
        var mira = await Actor.Register(api, "mira");
        var id = await mira.UploadTrack(await Sounds.Long);
        using var before = await EventFeed.Open(mira, $"/api/v1/tracks/{id}/events");
        Assert.Equal(
            ("text/event-stream", "no-store"),
            (before.Response.Content.Headers.ContentType!.MediaType, before.Response.Headers.CacheControl!.ToString())
        );
        var queued = (await before.Next())!;
        Assert.Equal(("status", "0.queued.0", "queued"), (queued.Name, queued.Id, queued.Data.Text("status")));

        var watching = BrowserScript.Run("events.mjs", $"{api.Address}/api/v1/tracks/{id}/events", mira.AccessToken);
        await using var worker = await VezaServer.Start(api.Premises, ("VEZA__ROLES", "worker"));
        var seen = await watching;
        var names = seen.GetProperty("events").EnumerateArray().Select(e => e.Text("name")).ToArray();
        Assert.Equal(("status", "status", "end"), (names[0], names[^2], names[^1]));
        var ready = seen.GetProperty("events")[names.Length - 2];
        Assert.Equal(
            ("ready", 100),
            (ready.GetProperty("data").Text("status"), ready.GetProperty("data").Number("progress"))
        );
        var progress = seen.GetProperty("events")
            .EnumerateArray()
            .SkipLast(1)
            .Select(e => e.GetProperty("data").Number("progress"))
            .ToArray();
        Assert.Equal(progress.Order(), progress);
        Assert.Equal([200, 204], seen.GetProperty("statuses").EnumerateArray().Select(s => s.GetInt32()));

        var rest = await before.Rest();
        Assert.Equal(("end", "finished"), (rest[^1].Name, rest[^1].Data.Text("reason")));
        // It is public now: anybody may look, and there is nothing to wait for.
        using var anybody = await EventFeed.Open(
            api.Visitor,
            $"/api/v1/tracks/{id}/events",
            lastEventId: "0.processing.40"
        );
        Assert.Equal(["status", "end"], (await anybody.Rest()).Select(e => e.Name));
    }

    [Fact]
    public async Task A_track_that_is_ones_own_alone_is_watched_by_nobody_else()
    {
        var mira = await Actor.Register(api, "mira");
        var id = await mira.UploadTrack(await Sounds.Short);
        (await api.Visitor.Get($"/api/v1/tracks/{id}/events")).Is(404, "TRACK_NOT_FOUND");
        (await (await Actor.Register(api, "davor")).Get($"/api/v1/tracks/{id}/events")).Is(404, "TRACK_NOT_FOUND");
        using var again = await EventFeed.Open(mira, $"/api/v1/tracks/{id}/events", lastEventId: "0.queued.0");
        // What was seen is not told again: the next word is of the deletion.
        (await mira.Delete($"/api/v1/tracks/{id}")).Is(200);
        var gone = Assert.Single(await again.Rest());
        Assert.Equal(("end", "gone"), (gone.Name, gone.Data.Text("reason")));
        (await mira.Get($"/api/v1/tracks/{id}/events")).Is(404);
    }

    [Fact]
    public async Task A_stream_ends_with_the_session_that_opened_it()
    {
        var mira = await Actor.Register(api, "mira");
        var elsewhere = await mira.SignIn();
        var id = await mira.UploadTrack(await Sounds.Short);
        using var feed = await EventFeed.Open(mira, $"/api/v1/tracks/{id}/events");
        using var other = await EventFeed.Open(elsewhere, $"/api/v1/tracks/{id}/events");
        Assert.NotNull(await feed.Next());
        Assert.NotNull(await other.Next());
        (await elsewhere.Post("/api/v1/auth/logout", new { Scope = "others" })).Is(200);
        Assert.Null(await feed.Next());
        (await mira.Get($"/api/v1/tracks/{id}/events")).Is(401, "TOKEN_REVOKED");
        (await elsewhere.Delete($"/api/v1/tracks/{id}")).Is(200);
        Assert.Equal("gone", (await other.Next())!.Data.Text("reason"));
    }

    [Fact]
    public async Task A_caller_has_a_bounded_number_of_streams_and_a_stopping_node_ends_them_all()
    {
        var mira = await Actor.Register(api, "mira");
        var id = await mira.UploadTrack(await Sounds.Short);
        var feeds = new List<EventFeed>();
        for (var i = 0; i < 20; i++)
            feeds.Add(await EventFeed.Open(mira, $"/api/v1/tracks/{id}/events"));
        Each.Of(feeds, feed => Assert.Equal(200, (int)feed.Response.StatusCode));
        var refused = (await mira.Get($"/api/v1/tracks/{id}/events")).Is(429, "TOO_MANY_EVENT_STREAMS");
        Assert.NotNull(refused.Header("Retry-After"));
        feeds[0].Dispose();
        await Eventually.True(
            "there is room for one more",
            async () =>
            {
                using var feed = await EventFeed.Open(mira, $"/api/v1/tracks/{id}/events");
                return (int)feed.Response.StatusCode == 200;
            }
        );

        Assert.Equal(0, await api.Stop());
        foreach (var feed in feeds.Skip(1))
        {
            Assert.Equal(["status"], (await feed.Rest()).Select(e => e.Name));
            feed.Dispose();
        }
    }
}

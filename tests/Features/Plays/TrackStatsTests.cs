using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Plays;

/// <summary>What artists learn of their listeners, and what people keep of what they have heard.</summary>
public sealed class TrackStatsTests(VezaServer server) : IClassFixture<VezaServer>
{
    private const string HundredSeconds = "?limit=100";

    private async Task<Guid> Track(long durationMs = 100_000, string title = "Night Bus") =>
        await PlayStage.Track(server.Database, (await server.Register("mira")).Id, durationMs, title: title);

    private async Task<JsonElement> Stats(Guid track, string query = "") =>
        (await (await server.Register("mira")).Get($"/api/v1/tracks/{track}/stats{query}")).Is(200).Data;

    [Fact]
    public async Task An_artist_sees_who_counted_who_did_not_and_where_people_left()
    {
        var (mira, davor, lea, track) = (
            await server.Register("mira"),
            await server.Register("davor"),
            await server.Register("lea"),
            await Track()
        );
        var playlist = Guid.CreateVersion7();
        await davor.Listen(
            await davor.BeginPlay(track, body: new { source = "playlist", source_id = playlist }),
            100,
            ended: true
        );
        await lea.Listen(await lea.BeginPlay(track, body: new { source = "search" }), 40, ended: true);
        await lea.Listen(await lea.BeginPlay(track), 40, ended: true);
        await davor.Listen(await davor.BeginPlay(track), 10, ended: true);
        await mira.Listen(await mira.BeginPlay(track), 30, ended: true);
        await davor.Listen(await davor.BeginPlay(track, "AhrefsBot/7.0"), 30, ended: true);
        await server.Tally();

        var stats = await Stats(track);
        Assert.Equal((2, 6), (stats.Number("plays"), stats.Number("begun")));
        var not = stats.GetProperty("not_counted");
        Assert.Equal(
            (1, 1, 1, 1),
            (not.Number("bots"), not.Number("repeats"), not.Number("too_short"), not.Number("own"))
        );
        Assert.Equal((1, 190_000), (stats.Number("completed"), stats.Number("listened_ms")));
        // Four plays of people: all heard the first tenth, three came to 40 %, one to the end.
        var retention = stats.GetProperty("retention").EnumerateArray().Select(share => share.GetDouble()).ToArray();
        Assert.Equal(
            [.. Enumerable.Repeat(1.0, 10), .. Enumerable.Repeat(0.75, 30), .. Enumerable.Repeat(0.25, 60)],
            retention
        );
        var skips = stats.GetProperty("skips");
        Assert.Equal(
            (3, 1, 2),
            (skips.Number("count"), skips.GetProperty("at")[10].GetInt64(), skips.GetProperty("at")[40].GetInt64())
        );
        Assert.Equal(
            [$"playlist {playlist} 1", "search  1"],
            stats
                .GetProperty("sources")
                .EnumerateArray()
                .Select(s => $"{s.Text("name")} {s.GetProperty("id").GetString()} {s.Number("plays")}")
        );
        Assert.Empty(stats.GetProperty("countries").EnumerateArray());
        var day = Assert.Single(stats.GetProperty("days").EnumerateArray());
        Assert.Equal(
            (DateTime.UtcNow.ToString("yyyy-MM-dd"), 2, 2),
            (day.Text("date"), day.Number("plays"), day.Number("listeners"))
        );
    }

    [Fact]
    public async Task Stats_are_the_owners_and_of_some_days()
    {
        var (davor, track) = (await server.Register("davor"), await Track());
        (await davor.Get($"/api/v1/tracks/{track}/stats")).Is(404, "TRACK_NOT_FOUND");
        (await server.Visitor.Get($"/api/v1/tracks/{track}/stats")).Is(401, "UNAUTHENTICATED");
        await server.Database.Execute(
            """
            insert into play_day (track_id, day, plays, listeners) select $1, date '2026-01-01' + n, n, 1
              from generate_series(0, 9) n
            """,
            track
        );
        Assert.Equal(2 + 3 + 4, (await Stats(track, "?from=2026-01-03&to=2026-01-05")).Number("plays"));
        var mira = await server.Register("mira");
        foreach (var query in new[] { "from=2026-01-05&to=2026-01-03", "from=2024-01-01&to=2026-01-01", "from=soon" })
            (await mira.Get($"/api/v1/tracks/{track}/stats?{query}")).Is(422, "VALIDATION_ERROR");
        Assert.Equal(0, (await Stats(track)).Number("begun"));
    }

    [Fact]
    public async Task Countries_are_kept_when_the_operator_wants_and_only_by_the_word_of_a_proxy()
    {
        await using var behind = await VezaServer.Start(
            server.Premises,
            ("VEZA__PLAYS__COUNTRIES", "CF-IPCountry"),
            ("VEZA__HTTP__PROXIES", "127.0.0.1"),
            ("VEZA__ROLES", "api")
        );
        await using var bare = await VezaServer.Start(
            server.Premises,
            ("VEZA__PLAYS__COUNTRIES", "CF-IPCountry"),
            ("VEZA__HTTP__PROXIES", "10.0.0.1"),
            ("VEZA__ROLES", "api")
        );
        var track = await Track();
        foreach (
            var (node, country, address) in new[]
            {
                (behind, "PT", "192.0.2.1"),
                (behind, "pt", "192.0.2.2"),
                (behind, "XX", "192.0.2.3"),
                (behind, "Portugal", "192.0.2.4"),
                (bare, "HR", "192.0.2.5"),
            }
        )
        {
            var begun = await node.Visitor.Post(
                $"/api/v1/tracks/{track}/plays",
                null,
                ("User-Agent", $"{PlayStage.Browser} {address}"),
                ("CF-IPCountry", country),
                ("X-Forwarded-For", address)
            );
            await node.Visitor.Listen(begun.Is(201).Data.GetProperty("play_id").GetGuid(), 30);
        }

        await server.Tally();
        var stats = await Stats(track);
        Assert.Equal(5, stats.Number("plays"));
        Assert.Equal(
            ["PT 2"],
            stats.GetProperty("countries").EnumerateArray().Select(c => $"{c.Text("code")} {c.Number("plays")}")
        );
    }

    [Fact]
    public async Task A_history_has_each_track_once_and_can_be_forgotten()
    {
        var nora = await server.Register("nora");
        var (first, second, own) = (
            await Track(title: "First"),
            await Track(title: "Second"),
            await PlayStage.Track(server.Database, nora.Id, 100_000, "private", "Own")
        );
        foreach (var track in new[] { first, second, own, first })
            await nora.Listen(await nora.BeginPlay(track), 30);
        await nora.Listen(await nora.BeginPlay(await Track(title: "Skipped")), 10);
        async Task<string[]> History(string query = HundredSeconds) =>
            [
                .. (await nora.Get($"/api/v1/users/me/history{query}"))
                    .Is(200)
                    .Data.EnumerateArray()
                    .Select(e => $"{e.GetProperty("track").Text("title")} {e.Number("plays")}"),
            ];
        Assert.Equal(["First 1", "Own 0", "Second 1"], await History());

        var page = (await nora.Get("/api/v1/users/me/history?limit=2")).Is(200).Json;
        Assert.Equal(["Second 1"], await History($"?limit=2&cursor={page.GetProperty("meta").Text("next_cursor")}"));
        (await nora.Get("/api/v1/users/me/history?cursor=x")).Is(422, "VALIDATION_ERROR");
        await server.Database.Execute("update track set visibility = 'private' where id = $1", second);
        Assert.Equal(["First 1", "Own 0"], await History());

        var underWay = await nora.BeginPlay(second = await Track(title: "Later"));
        (await nora.Delete("/api/v1/users/me/history")).Is(200);
        Assert.True((await nora.Listen(underWay, 30)).GetProperty("counted").GetBoolean());
        Assert.Empty(await History());
        Assert.Equal(0, await server.Database.Scalar<long>("select count(*) from play where account_id = $1", nora.Id));
    }

    [Fact]
    public async Task What_is_known_of_a_deleted_tracks_plays_is_forgotten()
    {
        var (mira, davor, track) = (await server.Register("mira"), await server.Register("davor"), await Track());
        await davor.Listen(await davor.BeginPlay(track), 40, ended: true);
        var stays = await Track();
        await davor.Listen(await davor.BeginPlay(stays), 40, ended: true);
        await server.Tally();
        (await mira.Delete($"/api/v1/tracks/{track}")).Is(200);
        Guid[] heard =
        [
            .. (await davor.Get("/api/v1/users/me/history"))
                .Is(200)
                .Data.EnumerateArray()
                .Select(e => e.GetProperty("track").GetProperty("id").GetGuid()),
        ];
        Assert.Contains(stays, heard);
        Assert.DoesNotContain(track, heard);
        await using (var db = await server.Premises.Source.OpenConnectionAsync())
            await Veza.Features.Plays.PlayRetention.Forget(db, DateTime.UtcNow.AddDays(3));
        foreach (var table in new[] { "track_listener", "play_day", "play_day_part", "play_total", "play_orphan" })
            Assert.Equal(
                0,
                await server.Database.Scalar<long>($"select count(*) from {table} where track_id = $1", track)
            );
    }
}

using Veza.Tests.Harness;

namespace Veza.Tests.Features.Plays;

/// <summary>What counts as a play, over HTTP.</summary>
public sealed class PlaysTests(VezaServer server) : IClassFixture<VezaServer>
{
    private async Task<Guid> Track(string visibility = "public", long durationMs = 240_000) =>
        await PlayStage.Track(server.Database, (await server.Register("mira")).Id, durationMs, visibility);

    private Task CountIs(Guid track, long plays) =>
        Eventually.True(
            $"{plays} plays are shown",
            async () => (await server.Visitor.Get($"/api/v1/tracks/{track}")).Is(200).Data.Number("play_count") == plays
        );

    [Fact]
    public async Task Thirty_seconds_count_once_and_are_shown_on_the_track()
    {
        var (davor, track) = (await Actor.Register(server, "davor"), await Track());
        var begun = (await davor.Post($"/api/v1/tracks/{track}/plays", new { source = "search" })).Is(201).Data;
        Assert.Equal((10, 30_000), (begun.Number("heartbeat_every_s"), begun.Number("counts_after_ms")));
        var play = begun.GetProperty("play_id").GetGuid();
        Assert.False((await davor.Listen(play, 20)).GetProperty("counted").GetBoolean());
        await server.Pass(play, 10);
        Assert.True((await davor.Beat(play, 30_000, 30_000)).Is(200).Data.GetProperty("counted").GetBoolean());
        Assert.True((await davor.Beat(play, 30_000, 30_000)).Is(200).Data.GetProperty("counted").GetBoolean());
        await server.Tally();
        await CountIs(track, 1);

        var again = await davor.Listen(await davor.BeginPlay(track), 40);
        Assert.Equal((false, "repeat"), (again.GetProperty("counted").GetBoolean(), again.Text("not_counted")));
        await server.Database.Execute("update play_window set counts_again_at = now() where track_id = $1", track);
        Assert.True((await davor.Listen(await davor.BeginPlay(track), 30)).GetProperty("counted").GetBoolean());
        await server.Tally();
        await CountIs(track, 2);
    }

    [Fact]
    public async Task Half_of_a_short_track_is_enough()
    {
        var (davor, track) = (await Actor.Register(server, "davor"), await Track(durationMs: 20_000));
        Assert.True((await davor.Listen(await davor.BeginPlay(track), 10)).GetProperty("counted").GetBoolean());
    }

    [Fact]
    public async Task Nobody_listens_faster_than_the_clock()
    {
        var (davor, track) = (await Actor.Register(server, "davor"), await Track());
        var play = await davor.BeginPlay(track);
        await server.Pass(play, 5);
        var listened = (await davor.Beat(play, 30_000, 30_000)).Is(200).Data;
        Assert.False(listened.GetProperty("counted").GetBoolean());
        Assert.InRange(listened.Number("listened_ms"), 5_000, 29_000);
    }

    [Fact]
    public async Task Ones_own_listening_bots_and_stuck_players_do_not_count()
    {
        var (mira, davor, track) = (
            await server.Register("mira"),
            await Actor.Register(server, "davor"),
            await Track()
        );
        Assert.Equal("own", (await mira.Listen(await mira.BeginPlay(track), 30)).Text("not_counted"));
        Assert.Equal(
            "bot",
            (await davor.Listen(await davor.BeginPlay(track, "Mozilla/5.0 (compatible; Googlebot/2.1)"), 30)).Text(
                "not_counted"
            )
        );
        Assert.Equal(
            "bot",
            (await server.Visitor.Listen(await server.Visitor.BeginPlay(track, "curl/8.5.0"), 30)).Text("not_counted")
        );

        var stuck = await davor.BeginPlay(track);
        for (var at = 10; at <= 30; at += 10)
        {
            await server.Pass(stuck, 10);
            var standing = (await davor.Beat(stuck, 0, at * 1000)).Is(200).Data;
            if (at == 30)
                Assert.Equal("bot", standing.Text("not_counted"));
        }

        var hasty = await davor.BeginPlay(track);
        for (var n = 0; n < 12; n++)
            await davor.Beat(hasty, 100, 100);
        Assert.Equal("bot", (await davor.Listen(hasty, 30)).Text("not_counted"));
    }

    [Fact]
    public async Task Five_tracks_at_once_are_no_listener()
    {
        var lea = await server.Register("lea");
        var others = new List<Guid>();
        for (var i = 0; i < 4; i++)
            others.Add(await lea.BeginPlay(await Track()));
        var play = await lea.BeginPlay(await Track());
        Assert.Equal("bot", (await lea.Listen(play, 30)).Text("not_counted"));
        foreach (var over in others.Take(2))
            (await lea.Beat(over, 100, 100, ended: true)).Is(200);
        Assert.True((await lea.Listen(await lea.BeginPlay(await Track()), 30)).GetProperty("counted").GetBoolean());
    }

    [Fact]
    public async Task Two_devices_that_get_there_at_once_count_once()
    {
        var (davor, track) = (await Actor.Register(server, "davor"), await Track());
        var plays = new List<Guid>();
        for (var i = 0; i < 8; i++)
            plays.Add(await davor.BeginPlay(track));
        foreach (var play in plays)
            await server.Pass(play, 31);
        var counted = await Task.WhenAll(
            plays.Select(async play =>
                (await davor.Beat(play, 30_500, 30_500)).Is(200).Data.GetProperty("counted").GetBoolean()
            )
        );
        Assert.Equal(1, counted.Count(c => c));
    }

    [Fact]
    public async Task An_anonymous_listener_counts_once_and_leaves_no_address()
    {
        var track = await Track();
        Assert.True(
            (await server.Visitor.Listen(await server.Visitor.BeginPlay(track), 30)).GetProperty("counted").GetBoolean()
        );
        Assert.Equal(
            "repeat",
            (await server.Visitor.Listen(await server.Visitor.BeginPlay(track), 30)).Text("not_counted")
        );
        Assert.True(
            (await server.Visitor.Listen(await server.Visitor.BeginPlay(track, PlayStage.Browser + " other"), 30))
                .GetProperty("counted")
                .GetBoolean()
        );
        Assert.Equal(
            2,
            await server.Database.Scalar<long>(
                "select count(distinct listener) from play where track_id = $1 and account_id is null",
                track
            )
        );
        Assert.Equal(
            0,
            await server.Database.Scalar<long>(
                """
                select count(*) from play where track_id = $1
                  and (play::text like '%127.0.0.1%' or play::text like '%Firefox%')
                """,
                track
            )
        );
    }

    [Fact]
    public async Task An_address_counts_a_few_times_whatever_it_says_of_itself()
    {
        var track = await Track();
        var said = new List<string>();
        for (var i = 0; i < 12; i++)
        {
            var begun = await server.Visitor.Post(
                $"/api/v1/tracks/{track}/plays",
                null,
                ("User-Agent", $"{PlayStage.Browser} {i}"),
                ("X-Forwarded-For", $"198.51.{i}.7")
            );
            said.Add(Verdict(await server.Visitor.Listen(begun.Is(201).Data.GetProperty("play_id").GetGuid(), 30)));
        }

        Assert.Equal([.. Enumerable.Repeat("counted", 4), .. Enumerable.Repeat("repeat", 8)], said);
        await server.Tally();
        await CountIs(track, 4);
        // Another track has its own; who has an account counts by it; and in the next window the address does again.
        Assert.Equal(
            "counted",
            Verdict(await server.Visitor.Listen(await server.Visitor.BeginPlay(await Track()), 30))
        );
        var nils = await server.Register("nils");
        Assert.Equal("counted", Verdict(await nils.Listen(await nils.BeginPlay(track), 30)));
        await NextWindow(track);
        Assert.Equal(
            "counted",
            Verdict(await server.Visitor.Listen(await server.Visitor.BeginPlay(track, PlayStage.Browser + " 13"), 30))
        );
        await server.Database.Execute("update play_place set counted_today = 12 where track_id = $1", track);
        Assert.Equal(
            "repeat",
            Verdict(await server.Visitor.Listen(await server.Visitor.BeginPlay(track, PlayStage.Browser + " 14"), 30))
        );
    }

    [Fact]
    public async Task Many_of_one_address_that_get_there_at_once_count_no_more_often()
    {
        var track = await Track();
        var plays = new List<Guid>();
        for (var i = 0; i < 16; i++)
            plays.Add(await server.Visitor.BeginPlay(track, $"{PlayStage.Browser} {i}"));
        foreach (var play in plays)
            await server.Pass(play, 31);
        var verdicts = await Task.WhenAll(
            plays.Select(async play => Verdict((await server.Visitor.Beat(play, 30_500, 30_500)).Is(200).Data))
        );
        Assert.Equal(4, verdicts.Count(v => v == "counted"));
    }

    [Fact]
    public async Task A_network_counts_more_often_than_an_address_and_not_without_end()
    {
        await using var behind = await VezaServer.Start(server.Premises, ("VEZA__HTTP__PROXIES", "127.0.0.1"));
        var track = await Track();
        string[] counted = [.. await Each("192.0.2", 6, 4), .. await Each("198.51.100", 1, 1)];
        Assert.Equal(16, counted.Count(at => at.StartsWith("192.0.2.", StringComparison.Ordinal)));
        Assert.Contains("198.51.100.0", counted);

        async Task<List<string>> Each(string network, int addresses, int agents)
        {
            var found = new List<string>();
            for (var address = 0; address < addresses; address++)
            {
                for (var agent = 0; agent < agents; agent++)
                {
                    var begun = await behind.Visitor.Post(
                        $"/api/v1/tracks/{track}/plays",
                        null,
                        ("User-Agent", $"{PlayStage.Browser} {agent}"),
                        ("X-Forwarded-For", $"203.0.113.{agent}, {network}.{address}")
                    );
                    if (
                        Verdict(await behind.Visitor.Listen(begun.Is(201).Data.GetProperty("play_id").GetGuid(), 30))
                        == "counted"
                    )
                        found.Add($"{network}.{address}");
                }
            }

            return found;
        }
    }

    private Task NextWindow(Guid track) =>
        server.Database.Execute("update play_place set counts_again_at = now() where track_id = $1", track);

    private static string Verdict(System.Text.Json.JsonElement standing) =>
        standing.GetProperty("counted").GetBoolean() ? "counted" : standing.Text("not_counted");

    [Fact]
    public async Task What_may_not_be_seen_cannot_be_played()
    {
        var (mira, davor) = (await server.Register("mira"), await Actor.Register(server, "davor"));
        var track = await Track("private");
        foreach (var who in new[] { server.Visitor, davor })
            (await who.Post($"/api/v1/tracks/{track}/plays")).Is(404, "TRACK_NOT_FOUND");
        await mira.BeginPlay(track);
        await server.Database.Execute("update track set status = 'processing' where id = $1", track);
        (await mira.Post($"/api/v1/tracks/{track}/plays")).Is(409, "TRACK_NOT_READY");
        Assert.Equal(
            ["source NOT_ALLOWED"],
            (await mira.Post($"/api/v1/tracks/{track}/plays", new { source = "radio" }))
                .Is(422, "VALIDATION_ERROR")
                .FieldErrors
        );
    }

    [Fact]
    public async Task A_play_ends_once_and_takes_no_more()
    {
        var (davor, track) = (await Actor.Register(server, "davor"), await Track());
        var play = await davor.BeginPlay(track);
        await server.Pass(play, 10);
        Assert.Equal(10_000, (await davor.Beat(play, 10_000, 10_000, ended: true)).Is(200).Data.Number("listened_ms"));
        Assert.Equal(10_000, (await davor.Beat(play, 10_000, 10_000, ended: true)).Is(200).Data.Number("listened_ms"));
        (await davor.Beat(play, 20_000, 20_000)).Is(409, "PLAY_OVER");
        (await davor.Beat(Guid.CreateVersion7(), 1, 1)).Is(404, "PLAY_NOT_FOUND");
        Assert.Equal(
            ["position_ms OUT_OF_RANGE", "listened_ms OUT_OF_RANGE"],
            (await davor.Beat(play, -1, 86_400_001)).Is(422, "VALIDATION_ERROR").FieldErrors
        );

        var forgotten = await davor.BeginPlay(track);
        await server.Pass(forgotten, 2 * 240 + 601);
        (await davor.Beat(forgotten, 20_000, 20_000)).Is(409, "PLAY_OVER");
    }

    [Fact]
    public async Task Nobody_has_any_number_of_plays_open()
    {
        var (pia, track) = (await server.Register("pia"), await Track());
        var play = await pia.BeginPlay(track);
        await server.Database.Execute(
            """
            insert into play (id, track_id, listener, source, duration_ms, counts_after_ms, is_own, is_bot, begun_at,
              closes_at, heard_at, credited_until)
            select uuid_at(now() + n * interval '1 ms'), track_id, listener, source, duration_ms, counts_after_ms,
              is_own, is_bot, begun_at, closes_at, heard_at, credited_until
              from play, generate_series(1, 199) n where id = $1
            """,
            play
        );
        Assert.Equal(
            "60",
            (await pia.Post($"/api/v1/tracks/{track}/plays")).Is(429, "TOO_MANY_PLAYS").Header("Retry-After")
        );
    }

    [Fact]
    public async Task Fetching_the_stream_is_no_play()
    {
        var mira = await server.Register("mira");
        var track = await mira.UploadTrack(await Sounds.Short);
        await mira.Ready(track);
        var url = (await server.Visitor.Get($"/api/v1/tracks/{track}/stream"))
            .Is(200)
            .Data.GetProperty("variants")[0]
            .Text("url");
        for (var i = 0; i < 5; i++)
            (await server.Visitor.Get(url)).Is(200);
        await server.Tally(DateTime.UtcNow.AddDays(1));
        Assert.Equal(0, await server.Database.Scalar<long>("select count(*) from play_day where track_id = $1", track));
        await CountIs(track, 0);
    }
}

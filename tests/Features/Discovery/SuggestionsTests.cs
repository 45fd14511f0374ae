using Veza.Features.Discovery;
using Veza.Tests.Features.Plays;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Discovery;

/// <summary>Similar, recommended and trending tracks, over HTTP.</summary>
public sealed class SuggestionsTests(VezaServer server) : IClassFixture<VezaServer>
{
    private async Task<Guid> Track(
        Guid owner,
        string title,
        float? bpm = null,
        string? key = null,
        string genre = "",
        string[]? tags = null,
        string visibility = "public"
    )
    {
        var id = await PlayStage.Track(server.Database, owner, 200_000, visibility, title);
        await server.Database.Execute(
            "update track set bpm = nullif($2, 0), musical_key = nullif($3, ''), genre = $4, tags = $5 where id = $1",
            id,
            bpm ?? 0,
            key ?? "",
            genre,
            tags ?? []
        );
        return id;
    }

    private static string[] Read(Reply reply) =>
        [
            .. reply
                .Is(200)
                .Data.EnumerateArray()
                .Select(t => $"{t.Text("title")}: {t.GetProperty("because").Text("kind")}"),
        ];

    private Task Heard(Guid account, Guid track, int daysAgo = 0, int plays = 1) =>
        server.Database.Execute(
            """
            insert into track_listener (account_id, track_id, last_played_at, plays)
              values ($1, $2, now() - $3 * interval '1 day', $4)
            """,
            account,
            track,
            daysAgo,
            (long)plays
        );

    [Fact]
    public async Task A_similar_track_says_why()
    {
        var (ida, bo, cy) = (await server.Register("ida"), await server.Register("bo"), await server.Register("cy"));
        var seed = await Track(ida.Id, "Seed", 87, "A minor", "dub", ["foggy", "harbour"]);
        await Track(bo.Id, "Same", 174.5f, "A minor");
        await Track(cy.Id, "Fitting", 89, "C major");
        await Track(bo.Id, "Clashing", 87, "D# minor");
        await Track(cy.Id, "Tagged", tags: ["Foggy", "harbour"]);
        var together = await Track((await server.Register("di")).Id, "Together");
        await Track((await server.Register("ed")).Id, "Dubbed", genre: "Dub");
        foreach (var hidden in new[] { "private", "unlisted" })
            await Track(bo.Id, hidden, 87, "A minor", "dub", ["foggy"], hidden);
        for (var i = 0; i < 3; i++)
        {
            var listener = await Actor.Register(server, "fan");
            await Heard(listener.Id, seed);
            await Heard(listener.Id, together);
        }

        var reply = (await server.Visitor.Get($"/api/v1/tracks/{seed}/similar")).Is(200);
        Assert.Equal(
            [
                "Dubbed: genre",
                "Fitting: fitting_tempo_and_key",
                "Same: same_tempo_and_key",
                "Tagged: tag",
                "Together: listeners_also",
            ],
            Read(reply).Order()
        );
        Assert.Equal("Together: listeners_also", Read(reply)[0]);
        var because = reply.Data[0].GetProperty("because");
        Assert.Equal(
            ("People who listen to Seed listen to this too", seed),
            (because.Text("text"), because.GetProperty("track_id").GetGuid())
        );
        Assert.Equal(2, Read(await server.Visitor.Get($"/api/v1/tracks/{seed}/similar?limit=2")).Length);

        // What is withdrawn, hidden or gone is not suggested a moment later, by no way.
        await server.Database.Execute("update track set withdrawn_at = now() where title = 'Tagged'");
        await server.Database.Execute("update track set visibility = 'private' where title in ('Same', 'Together')");
        await server.Database.Execute("delete from track where title = 'Dubbed'");
        Assert.Equal(
            ["Fitting: fitting_tempo_and_key"],
            Read(await server.Visitor.Get($"/api/v1/tracks/{seed}/similar"))
        );
        await server.Database.Execute("update track set withdrawn_at = null where title = 'Tagged'");
        Assert.Equal(2, Read(await server.Visitor.Get($"/api/v1/tracks/{seed}/similar")).Length);
    }

    [Fact]
    public async Task What_is_like_a_hidden_track_is_told_to_its_owner_alone()
    {
        var (ida, bo) = (await server.Register("ida"), await server.Register("bo"));
        var hidden = await Track(ida.Id, "Hidden", genre: "krautrock", visibility: "private");
        await Track(bo.Id, "Motorik", genre: "Krautrock");
        (await bo.Get($"/api/v1/tracks/{hidden}/similar")).Is(404, "TRACK_NOT_FOUND");
        (await server.Visitor.Get($"/api/v1/tracks/{Guid.CreateVersion7()}/similar")).Is(404, "TRACK_NOT_FOUND");
        Assert.Equal(["Motorik: genre"], Read(await ida.Get($"/api/v1/tracks/{hidden}/similar")));
        foreach (var path in new[] { $"{hidden}/similar", "recommended", "trending" })
            (await ida.Get($"/api/v1/tracks/{path}?limit=51")).Is(422, "VALIDATION_ERROR");
    }

    [Fact]
    public async Task Nobody_is_recommended_their_own_or_what_they_have_just_heard()
    {
        var (gil, hal) = (await server.Register("gil"), await Actor.Register(server, "hal"));
        var (heard, older) = (
            await Track(gil.Id, "Heard", genre: "zouk"),
            await Track((await server.Register("jo")).Id, "Older", genre: "zouk")
        );
        await Track(hal.Id, "Own", genre: "zouk");
        for (var i = 0; i < 4; i++)
            await Track((await server.Register("kai")).Id, $"Kai {i}", genre: "zouk");
        await Heard(hal.Id, heard, daysAgo: 1);
        await Heard(hal.Id, older, daysAgo: 40);
        var reply = (await hal.Get("/api/v1/tracks/recommended")).Is(200);
        var zouk = reply
            .Data.EnumerateArray()
            .Where(t => t.Text("genre") == "zouk")
            .Select(t => t.Text("title"))
            .ToArray();
        Assert.Equal(2, zouk.Length);
        Each.Of(zouk, title => Assert.StartsWith("Kai", title));
        Assert.Equal("zouk, as Heard is", reply.Data[0].GetProperty("because").Text("text"));
        (await server.Visitor.Get("/api/v1/tracks/recommended")).Is(401, "UNAUTHENTICATED");
    }

    [Fact]
    public async Task What_is_played_now_trends_and_warms_who_has_no_history()
    {
        var (owner, newcomer) = (await server.Register("lou"), await Actor.Register(server, "max"));
        var (hot, warm, hidden) = (
            await Track(owner.Id, "Hot"),
            await Track(owner.Id, "Warm"),
            await Track(owner.Id, "Gone")
        );
        foreach (var (track, plays) in new[] { (hot, 3), (warm, 1), (hidden, 5) })
            for (var i = 0; i < plays; i++)
                await server.Visitor.Listen(
                    await server.Visitor.BeginPlay(track, $"{PlayStage.Browser} {track} {i}"),
                    30,
                    ended: true
                );
        await server.Tally();
        await Eventually.True(
            "they trend",
            async () =>
                await server.Database.Scalar<long>(
                    "select count(*) from track_trend where track_id = any($1)",
                    new[] { hot, warm, hidden }
                ) == 3
        );
        await server.Database.Execute("update track set visibility = 'unlisted' where id = $1", hidden);
        Assert.Equal(["Hot: trending", "Warm: trending"], Read(await server.Visitor.Get("/api/v1/tracks/trending")));
        Assert.Equal(["Hot: trending", "Warm: trending"], Read(await newcomer.Get("/api/v1/tracks/recommended")));

        // Two half-lives later one play weighs as much as four of then.
        await server.Database.Execute("update track_trend set heat = heat - 2");
        await server.Visitor.Listen(
            await server.Visitor.BeginPlay(warm, $"{PlayStage.Browser} again"),
            30,
            ended: true
        );
        await server.Tally();
        await Eventually.True(
            "the order has turned",
            async () => Read(await server.Visitor.Get("/api/v1/tracks/trending"))[0] == "Warm: trending"
        );
        var heat = await server.Database.Scalar<double>("select heat from track_trend where track_id = $1", warm);
        Assert.Equal(Math.Log2(1 + 0.25), heat - Trend.HalfLivesAt(DateTimeOffset.UtcNow), 2);
    }

    [Fact]
    public async Task Statements_are_run_and_not_compiled_and_no_transaction_stands_idle()
    {
        await using var show = server.Premises.Source.CreateCommand(
            "select current_setting('jit') || ' ' || current_setting('idle_in_transaction_session_timeout')"
        );
        Assert.Equal("off 20s", await show.ExecuteScalarAsync());
    }

    [Fact]
    public async Task Every_key_has_its_place_and_tempi_are_folded()
    {
        foreach (var note in "C C# D D# E F F# G G# A A# B".Split(' '))
        foreach (var mode in new[] { "minor", "major" })
            Assert.Equal(
                LikenessTests.Place($"{note} {mode}"),
                await server.Database.Scalar<short>("select key_place($1)", $"{note} {mode}")
            );
        Assert.Equal(
            LikenessTests.Place("A# minor"),
            await server.Database.Scalar<short>("select key_place('Bb minor')")
        );
        Assert.True(await server.Database.Scalar<bool>("select key_place('H dorian') is null"));
        var track = await Track((await server.Register("ida")).Id, "Tempo");
        foreach (
            var (bpm, tempo) in new[] { (60f, 120f), (80f, 80f), (159f, 159f), (160f, 80f), (174f, 87f), (20f, 80f) }
        )
        {
            await server.Database.Execute("update track set bpm = $2 where id = $1", track, bpm);
            Assert.Equal(tempo, await server.Database.Scalar<float>("select tempo from track where id = $1", track), 2);
        }

        await server.Database.Execute("update track set bpm_confidence = 0.1 where id = $1", track);
        Assert.True(await server.Database.Scalar<bool>("select tempo is null from track where id = $1", track));
    }
}

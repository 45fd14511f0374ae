using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth;

/// <summary>Login, logout, me, test, and the rotation of refresh tokens.</summary>
public sealed class SessionsTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    private Task<Reply> Refresh(string token) =>
        server.Visitor.Post("/api/v1/auth/refresh", new { RefreshToken = token });

    [Fact]
    public async Task Email_and_username_sign_in_whatever_their_case()
    {
        var mira = await server.RegisterByHttp("mira");
        foreach (
            var body in new object[]
            {
                new { Email = mira.Email.ToUpperInvariant(), Actor.Password },
                new { Username = mira.Username.ToUpperInvariant(), Actor.Password },
            }
        )
            Assert.Equal(
                mira.Id,
                (await server.Visitor.Post("/api/v1/auth/login", body))
                    .Is(200)
                    .Data.GetProperty("user")
                    .GetProperty("id")
                    .GetGuid()
            );
    }

    [Fact]
    public async Task A_wrong_password_and_an_unknown_account_get_the_same_answer()
    {
        var mira = await server.RegisterByHttp("mira");
        var wrong = await server.Visitor.Post(
            "/api/v1/auth/login",
            new { mira.Email, Password = "not the sentence" },
            ("X-Request-Id", "same")
        );
        var unknown = await server.Visitor.Post(
            "/api/v1/auth/login",
            new { Email = "nobody@example.org", Password = "not the sentence" },
            ("X-Request-Id", "same")
        );
        var overlong = await server.Visitor.Post(
            "/api/v1/auth/login",
            new { mira.Email, Password = new string('x', 100) },
            ("X-Request-Id", "same")
        );
        Assert.Equal(wrong.Is(401, "CREDENTIALS_INVALID").Text, unknown.Is(401).Text);
        Assert.Equal(wrong.Text, overlong.Is(401).Text);
        Assert.Equal("Bearer", wrong.Header("WWW-Authenticate"));
    }

    [Fact]
    public async Task A_login_names_what_it_lacks() =>
        Assert.Equal(
            ["email REQUIRED", "password REQUIRED"],
            (await server.Visitor.Post("/api/v1/auth/login", new { })).Is(422, "VALIDATION_ERROR").FieldErrors.Order()
        );

    [Fact]
    public async Task Another_service_learns_whose_token_it_is()
    {
        var mira = await server.RegisterByHttp("mira");
        var data = (await mira.Get("/api/v1/auth/test")).Is(200).Data;
        Assert.Equal(
            (true, mira.Id, mira.Username),
            (data.GetProperty("valid").GetBoolean(), data.GetProperty("user_id").GetGuid(), data.Text("username"))
        );
        Assert.Equal(["user"], data.GetProperty("roles").EnumerateArray().Select(r => r.GetString()));
        Assert.Contains("tracks:write", data.GetProperty("permissions").EnumerateArray().Select(p => p.GetString()));
        Assert.InRange(data.GetProperty("expires_at").GetDateTime(), DateTime.UtcNow, DateTime.UtcNow.AddSeconds(600));
    }

    [Fact]
    public async Task Without_a_token_nobody_is_anybody()
    {
        foreach (var path in new[] { "/api/v1/auth/me", "/api/v1/auth/test" })
        {
            (await server.Visitor.Get(path)).Is(401, "UNAUTHENTICATED");
            (await server.Visitor.Get(path, ("Authorization", "Basic bWlyYTptaXJh"))).Is(401, "UNAUTHENTICATED");
        }
    }

    [Fact]
    public async Task A_stale_access_token_sent_along_does_not_stand_in_the_way_of_a_new_one()
    {
        var davor = await (await server.RegisterByHttp("davor")).SignIn();
        var body = new { davor.RefreshToken };
        davor.Take(
            (await server.Visitor.Post("/api/v1/auth/refresh", body, ("Authorization", "Bearer stale"))).Is(200).Data
        );
        (
            await server.Visitor.Post(
                "/api/v1/auth/login",
                new { davor.Email, Actor.Password },
                ("Authorization", "Bearer stale")
            )
        ).Is(200);
        (await server.Visitor.Get("/api/v1/tracks", ("Authorization", "Bearer stale"))).Is(401, "TOKEN_INVALID");
    }

    [Fact]
    public async Task A_refresh_token_is_spent_for_a_new_pair()
    {
        var davor = await (await server.RegisterByHttp("davor")).SignIn();
        var first = davor.RefreshToken;
        davor.Take((await davor.Refresh()).Is(200).Data);
        Assert.NotEqual(first, davor.RefreshToken);
        (await davor.Get("/api/v1/auth/me")).Is(200);
        davor.Take((await davor.Refresh()).Is(200).Data);
        (await davor.Get("/api/v1/auth/me")).Is(200);
    }

    [Fact]
    public async Task A_lost_answer_is_given_again_and_parallel_tabs_share_it()
    {
        var davor = await (await server.RegisterByHttp("davor")).SignIn();
        var tabs = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => davor.Refresh()));
        var current = Assert.Single(tabs.Select(t => t.Is(200).Data.Text("refresh_token")).Distinct());
        Assert.Equal(current, (await davor.Refresh()).Is(200).Data.Text("refresh_token"));
        (await Refresh(current)).Is(200);
    }

    [Fact]
    public async Task Reuse_of_a_spent_token_ends_the_whole_family()
    {
        var davor = await (await server.RegisterByHttp("davor")).SignIn();
        var stolen = davor.RefreshToken;
        davor.Take((await davor.Refresh()).Is(200).Data);
        davor.Take((await davor.Refresh()).Is(200).Data);
        (await Refresh(stolen)).Is(401, "REFRESH_TOKEN_REUSED");
        (await davor.Refresh()).Is(401, "SESSION_ENDED");
        (await Refresh(stolen)).Is(401, "SESSION_ENDED");
    }

    [Fact]
    public async Task The_grace_ends_when_the_answer_has_arrived()
    {
        var davor = await (await server.RegisterByHttp("davor")).SignIn();
        var spent = davor.RefreshToken;
        davor.Take((await davor.Refresh()).Is(200).Data);
        (await davor.Get("/api/v1/auth/me")).Is(200);
        await Eventually.True(
            "the new token was seen",
            async () =>
                await server.Database.Scalar<int>(
                    "select seen_rotation from session where account_id = $1 order by created_at desc limit 1",
                    davor.Id
                ) == 1
        );
        await server.Database.Execute(
            """
            update session set rotated_at = rotated_at - interval '31 seconds' where account_id = $1
              and ended_at is null
            """,
            davor.Id
        );
        (await Refresh(spent)).Is(401, "REFRESH_TOKEN_REUSED");
        (await davor.Refresh()).Is(401, "SESSION_ENDED");
    }

    [Fact]
    public async Task A_session_ends_with_its_time()
    {
        var davor = await (await server.RegisterByHttp("davor")).SignIn();
        await server.Database.Execute("update session set expires_at = now() where account_id = $1", davor.Id);
        (await davor.Refresh()).Is(401, "SESSION_ENDED");
    }

    [Fact]
    public async Task A_refresh_token_that_is_not_ours_is_refused()
    {
        var mira = await server.RegisterByHttp("mira");
        (await Refresh("")).Is(422, "VALIDATION_ERROR");
        foreach (
            var token in new[]
            {
                "x",
                mira.AccessToken,
                new string('A', mira.RefreshToken.Length),
                Flipped(mira.RefreshToken),
            }
        )
            (await Refresh(token)).Is(401, "REFRESH_TOKEN_INVALID");
        (await mira.Get("/api/v1/auth/me")).Is(200);
    }

    [Fact]
    public async Task Logout_ends_this_session_the_others_or_all()
    {
        var first = await Actor.RegisterByHttp(server, "vesna");
        var second = await first.SignIn();
        var third = await first.SignIn();

        Assert.Equal(1, (await first.Post("/api/v1/auth/logout", new { })).Is(200).Data.Number("sessions_ended"));
        (await first.Refresh()).Is(401, "SESSION_ENDED");
        second.Take((await second.Refresh()).Is(200).Data);

        Assert.Equal(
            1,
            (await second.Post("/api/v1/auth/logout", new { Scope = "others" })).Is(200).Data.Number("sessions_ended")
        );
        (await third.Refresh()).Is(401, "SESSION_ENDED");
        second.Take((await second.Refresh()).Is(200).Data);

        var fourth = await first.SignIn();
        Assert.Equal(
            2,
            (await second.Post("/api/v1/auth/logout", new { Scope = "all" })).Is(200).Data.Number("sessions_ended")
        );
        (await second.Refresh()).Is(401, "SESSION_ENDED");
        (await fourth.Refresh()).Is(401, "SESSION_ENDED");
    }

    [Fact]
    public async Task Logout_wants_a_scope_it_knows_and_touches_nobody_else()
    {
        var mira = await server.RegisterByHttp("mira");
        var davor = await (await server.RegisterByHttp("davor")).SignIn();
        Assert.Equal(
            ["scope NOT_ALLOWED"],
            (await mira.Post("/api/v1/auth/logout", new { Scope = "everything" }))
                .Is(422, "VALIDATION_ERROR")
                .FieldErrors
        );
        Assert.Equal(
            0,
            (await mira.Post("/api/v1/auth/logout", new { davor.RefreshToken, Scope = "current" }))
                .Is(200)
                .Data.Number("sessions_ended")
        );
        (await davor.Refresh()).Is(200);
    }

    private static string Flipped(string token) => (token[0] == 'A' ? 'B' : 'A') + token[1..];
}

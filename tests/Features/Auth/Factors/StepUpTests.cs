using Veza.Tests.Harness;
using static Veza.Tests.Harness.SecondFactors;

namespace Veza.Tests.Features.Auth.Factors;

/// <summary>What a borrowed session must not do, and how its owner shows that it is not borrowed.</summary>
public sealed class StepUpTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;
    private static readonly (HttpMethod Method, string Path)[] Sensitive =
    [
        (HttpMethod.Post, "/api/v1/auth/2fa/totp"),
        (HttpMethod.Delete, "/api/v1/auth/2fa/totp"),
        (HttpMethod.Post, "/api/v1/auth/2fa/recovery-codes"),
        (HttpMethod.Post, "/api/v1/auth/passkeys/options"),
        (HttpMethod.Delete, $"/api/v1/auth/passkeys/{Guid.CreateVersion7()}"),
    ];

    /// <summary>The same session sixteen minutes later.</summary>
    private async Task Age(Actor actor)
    {
        await server.Database.Execute(
            "update session set authenticated_at = now() - interval '16 minutes' where account_id = $1",
            actor.Id
        );
        actor.Take((await actor.Refresh()).Is(200).Data);
    }

    [Fact]
    public async Task An_old_session_proves_itself_before_it_does_what_is_sensitive()
    {
        var mira = await Actor.Register(server, "mira");
        await Age(mira);
        foreach (var (method, path) in Sensitive)
            (await mira.Send(method, path, null)).Is(403, "STEP_UP_REQUIRED");
        (await mira.Get("/api/v1/auth/2fa")).Is(200);
        var old = mira.AccessToken;

        (await mira.Post("/api/v1/auth/step-up", new { Password = "not the sentence" })).Is(403, "STEP_UP_FAILED");
        (await mira.Post("/api/v1/auth/step-up", new { Password = new string('x', 100) })).Is(403, "STEP_UP_FAILED");
        (await mira.Post("/api/v1/auth/2fa/totp")).Is(403, "STEP_UP_REQUIRED");
        var stepped = (await mira.Post("/api/v1/auth/step-up", new { Actor.Password })).Is(200).Data;
        Assert.Equal(("Bearer", 600L), (stepped.Text("token_type"), stepped.Number("expires_in")));
        mira.Take(stepped.Text("access_token"));
        (await mira.Post("/api/v1/auth/2fa/totp")).Is(200);

        // The token of before does not become fresh, and the session stays the same.
        (await mira.Server.Visitor.Post("/api/v1/auth/2fa/totp", null, ("Authorization", $"Bearer {old}"))).Is(
            403,
            "STEP_UP_REQUIRED"
        );
        Assert.Equal(1, await Sessions(mira));
        mira.Take((await mira.Refresh()).Is(200).Data);
        (await mira.Post("/api/v1/auth/2fa/totp")).Is(200);
        Assert.Equal(
            ["sign_in.failed", "sign_in.failed", "session.stepped_up"],
            (await Trail(mira)).Where(a => a is "sign_in.failed" or "session.stepped_up")
        );
    }

    [Fact]
    public async Task A_code_steps_up_once()
    {
        var mira = await Actor.Register(server, "mira");
        var (app, codes) = await TurnOn(mira);
        await Age(mira);
        var code = app.Code;
        (await mira.Post("/api/v1/auth/step-up", new { Code = app.WrongCode() })).Is(403, "STEP_UP_FAILED");
        mira.Take((await mira.Post("/api/v1/auth/step-up", new { Code = code })).Is(200).Data.Text("access_token"));
        (await mira.Post("/api/v1/auth/2fa/recovery-codes")).Is(200);
        (await mira.Post("/api/v1/auth/step-up", new { Code = code })).Is(403, "STEP_UP_FAILED");
        (await mira.Post("/api/v1/auth/step-up", new { Code = codes[0] })).Is(403, "STEP_UP_FAILED");
    }

    [Fact]
    public async Task One_proof_is_wanted_and_no_more()
    {
        var mira = await Actor.Register(server, "mira");
        foreach (var body in new object[] { new { }, new { Actor.Password, Code = "123456" } })
            Assert.Equal(
                ["password REQUIRED"],
                (await mira.Post("/api/v1/auth/step-up", body)).Is(422, "VALIDATION_ERROR").FieldErrors
            );
        (await mira.Post("/api/v1/auth/step-up", new { Code = "123456" })).Is(403, "STEP_UP_FAILED");
    }

    [Fact]
    public async Task A_stolen_session_guesses_neither_password_nor_code_for_long()
    {
        var mira = await Actor.Register(server, "mira");
        var (app, _) = await TurnOn(mira);
        for (var i = 0; i < 5; i++)
            (await mira.Post("/api/v1/auth/step-up", new { Code = app.WrongCode(i) })).Is(403, "STEP_UP_FAILED");
        var guesses = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(i => mira.Post("/api/v1/auth/step-up", new { Password = $"guess {i}" }))
        );
        Assert.Equal(5, guesses.Count(g => g.Status == 403));
        Assert.Equal(3, guesses.Count(g => g.Status == 429));
        Assert.InRange(
            int.Parse(
                (await mira.Post("/api/v1/auth/step-up", new { Actor.Password }))
                    .Is(429, "ACCOUNT_LOCKED")
                    .Header("Retry-After")!
            ),
            1,
            900
        );
    }

    /// <summary>
    /// The answer to a refresh is lost; the client proves a factor with the token that it still has, uses what that
    /// brings, and asks for the refresh again.
    /// </summary>
    [Fact]
    public async Task A_step_up_between_a_lost_answer_and_its_retry_is_no_theft()
    {
        var mira = await Actor.Register(server, "mira");
        (await mira.Refresh()).Is(200);
        mira.Take((await mira.Post("/api/v1/auth/step-up", new { Actor.Password })).Is(200).Data.Text("access_token"));
        (await mira.Get("/api/v1/auth/me")).Is(200);
        // What was seen is written down behind the requests; once it is, and after the grace, only an answer that
        // arrived makes the old token a thief's. It is written in the order of the requests.
        var davor = await Actor.Register(server, "davor");
        (await davor.Get("/api/v1/auth/me")).Is(200);
        await Eventually.True(
            "it is written down which tokens were used",
            async () =>
                await server.Database.Scalar<bool>(
                    "select seen_rotation >= 0 from session where account_id = $1",
                    davor.Id
                )
        );
        await server.Database.Execute(
            "update session set rotated_at = rotated_at - interval '1 hour' where account_id = $1",
            mira.Id
        );
        mira.Take((await mira.Refresh()).Is(200).Data);
        (await mira.Get("/api/v1/auth/me")).Is(200);
    }

    [Fact]
    public async Task A_session_that_is_over_cannot_step_up()
    {
        var mira = await Actor.Register(server, "mira");
        await server.Database.Execute("update session set ended_at = now() where account_id = $1", mira.Id);
        (await mira.Post("/api/v1/auth/step-up", new { Actor.Password })).Is(401, "SESSION_ENDED");
    }
}

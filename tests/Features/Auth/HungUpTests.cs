using System.Text;
using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth;

/// <summary>
/// People who send a guess and hang up before it is judged: the guess counts, its trail is written, and nothing of it
/// is left to wait for.
/// </summary>
public sealed class HungUpTests(StagedPeople stage) : IClassFixture<StagedPeople>
{
    private const int Tries = 3;

    private static async Task<RawRequest> Send(VezaServer server, string path, object body, string more = "")
    {
        var json = JsonSerializer.Serialize(body);
        return await RawRequest.Open(
            server,
            $"POST /api/v1/auth/{path} HTTP/1.1\nHost: veza\n{more}Content-Type: application/json\n"
                + $"Content-Length: {Encoding.UTF8.GetByteCount(json)}\n\n{json}"
        );
    }

    private static Task<VezaServer> Guarded() => VezaServer.Start(("VEZA__LIMITS__SIGN_IN__PER_SUBJECT", $"{Tries}"));

    [Fact]
    public async Task Wrong_passwords_leave_their_trail_and_lock_the_account()
    {
        await using var server = await Guarded();
        var mira = await server.RegisterByHttp("mira");
        await using (
            var held = await HeldAccount.Of(server.Database, server, "lock table session in access exclusive mode")
        )
        {
            var guesses = await Task.WhenAll(
                Enumerable
                    .Range(0, Tries)
                    .Select(_ => Send(server, "login", new { email = mira.Email, password = "not the sentence" }))
            );
            await held.Awaited(Tries);
            foreach (var guess in guesses)
                guess.Dispose();
            await held.Commit();
        }

        await Eventually.True(
            "the guesses and the lock are in the trail",
            async () =>
                await server.Database.Scalar<string>(
                    """
                    select coalesce(string_agg(action, ' ' order by action), '') from audit_event where account_id = $1
                      and action in ('sign_in.failed', 'account.locked')
                    """,
                    mira.Id
                ) == "account.locked sign_in.failed sign_in.failed sign_in.failed"
        );
        Assert.Equal(
            1,
            await server.Database.Scalar<long>("select count(*) from account_lock where account_id = $1", mira.Id)
        );
    }

    [Fact]
    public async Task A_theft_that_was_seen_has_consequences()
    {
        var who = await stage.Add();
        await stage.Database.Execute("update session set rotation = 5, seen_rotation = 5 where id = $1", who.Home.Id);
        await using (var held = await HeldAccount.Of(who))
        {
            using var thief = await Send(stage.Server, "refresh", new { refresh_token = who.Home.RefreshToken });
            await held.Awaited(1);
            thief.Dispose();
            await held.Commit();
        }

        await Eventually.True(
            "the session has ended",
            async () =>
                await stage.Database.Scalar<string>(
                    "select coalesce(end_reason, '') from session where id = $1",
                    who.Home.Id
                ) == "refresh_token_reused"
        );
    }

    [Fact]
    public async Task A_right_password_leaves_its_trail()
    {
        var who = await stage.Add(withTotp: true);
        await using (var held = await HeldAccount.Of(who))
        {
            using var guess = await Send(
                stage.Server,
                "login",
                new { email = who.Email, password = StagedPeople.Password }
            );
            await held.Awaited(1);
            guess.Dispose();
            await held.Commit();
        }

        await Eventually.True(
            "the trail says that a second factor was asked for",
            async () =>
                1
                == await stage.Database.Scalar<long>(
                    "select count(*) from audit_event where account_id = $1 and action = 'sign_in.second_factor_asked'",
                    who.Id
                )
        );
    }

    [Theory]
    [InlineData("login/mfa", "second_factor")]
    [InlineData("step-up", "step_up")]
    public async Task Wrong_codes_leave_their_trail(string path, string method)
    {
        var who = await stage.Add(verified: true, withTotp: true);
        var ticket = await stage.Issue(
            Veza.Features.Auth.TicketPurpose.Mfa,
            new(who.Id, null, TimeSpan.FromMinutes(10), """{"method":"password"}""")
        );
        await using (var held = await HeldAccount.Of(who))
        {
            using var guess =
                path == "step-up"
                    ? await Send(
                        stage.Server,
                        path,
                        new { code = "000000" },
                        $"Authorization: Bearer {who.Home.AccessToken}\n"
                    )
                    : await Send(stage.Server, path, new { mfa_token = ticket.Token, code = "000000" });
            await held.Awaited(1);
            guess.Dispose();
            await held.Commit();
        }

        await Eventually.True(
            "the guess is in the trail",
            async () =>
                1
                == await stage.Database.Scalar<long>(
                    """
                    select count(*) from audit_event where account_id = $1 and action = 'sign_in.failed'
                      and detail->>'method' = $2
                    """,
                    who.Id,
                    method
                )
        );
    }

    /// <summary>
    /// Three tries at the account are under way by its one name; whoever tries the other name waits for them, and hangs
    /// up.
    /// </summary>
    [Fact]
    public async Task A_try_that_waited_for_another_is_not_waited_for_afterwards()
    {
        await using var server = await Guarded();
        var mira = await server.RegisterByHttp("mira");
        Task<Reply> Login(object who) => server.Visitor.Post("/api/v1/auth/login", who);
        await using var trail = await HeldAccount.Of(
            server.Database,
            server,
            "lock table audit_event in access exclusive mode"
        );
        var underWay = Enumerable
            .Range(0, Tries)
            .Select(_ => Login(new { mira.Username, Password = "not the sentence" }))
            .ToArray();
        await trail.Awaited(Tries);
        await using (
            var sessions = await HeldAccount.Of(server.Database, server, "lock table session in access exclusive mode")
        )
        {
            var others = await Task.WhenAll(
                Enumerable
                    .Range(0, Tries)
                    .Select(_ => Send(server, "login", new { email = mira.Email, password = "not the sentence" }))
            );
            await sessions.Awaited(Tries);
            await sessions.Commit();
            await Task.WhenAll(others.Select(other => other.HangUp()));
        }

        var next = Login(new { mira.Email, Password = "not the sentence" });
        await trail.Commit();
        (await next).Is(401, "CREDENTIALS_INVALID");
        foreach (var reply in await Task.WhenAll(underWay))
            reply.Is(401, "CREDENTIALS_INVALID");
    }

    /// <summary>What was never a guess locks nobody out: no trail would say by whom.</summary>
    [Fact]
    public async Task A_step_up_without_a_challenge_is_no_guess()
    {
        var who = await stage.Add();
        var proof = who.Passkey.SignIn(
            new Ceremony
            {
                Challenge = "bm8gc3VjaCBjaGFsbGVuZ2U",
                Origin = stage.Server.Address,
                RelyingPartyId = "127.0.0.1",
                UserHandle = who.Id.ToByteArray(bigEndian: true),
            }
        );
        for (var i = 0; i < 12; i++)
            Assert.Equal(
                "PASSKEY_CHALLENGE_INVALID",
                (await who.Post("step-up", new { Credential = proof }, who.Home)).ErrorCode
            );
        (await who.Post("step-up", new { StagedPeople.Password }, who.Home)).Is(200);
    }

    /// <summary>
    /// One proof, brought to step up and to sign in at once: the challenge is the first one's, and neither waits for
    /// the other in a circle.
    /// </summary>
    [Fact]
    public async Task A_challenge_is_spent_behind_its_account()
    {
        var who = await stage.Add();
        var proof = who.Passkey.SignIn(
            new Ceremony
            {
                Challenge = await stage.Challenge(),
                Origin = stage.Server.Address,
                RelyingPartyId = "127.0.0.1",
                UserHandle = who.Id.ToByteArray(bigEndian: true),
            }
        );
        await using var held = await HeldAccount.Of(who);
        var stepUp = who.Post("step-up", new { Credential = proof }, who.Other);
        await held.Awaited(1);
        var signIn = who.Post("passkeys/login", new { Credential = proof });
        await held.Awaited(2);
        await held.Commit();
        (await stepUp).Is(200);
        Assert.Equal("PASSKEY_CHALLENGE_INVALID", (await signIn).ErrorCode);
    }
}

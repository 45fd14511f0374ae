using Veza.Features.Auth.Factors;
using Veza.Infrastructure.Security;
using Veza.Tests.Harness;
using static Veza.Tests.Harness.SecondFactors;

namespace Veza.Tests.Features.Auth.Factors;

/// <summary>The authenticator app and its recovery codes: turned on, asked for, bounded, turned off.</summary>
public sealed class SecondFactorTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;
    private const int Parallel = 50;

    [Fact]
    public async Task An_app_is_turned_on_and_asked_at_the_next_sign_in()
    {
        var mira = await Actor.Register(server, "mira");
        var other = await mira.SignIn();
        Assert.Equal(
            (false, 0L),
            await State(mira) is var before
                ? (before.GetProperty("enabled").GetBoolean(), before.Number("recovery_codes_left"))
                : default
        );
        var begun = (await mira.Post("/api/v1/auth/2fa/totp")).Is(200);
        Assert.Equal("no-store", begun.Header("Cache-Control"));
        var app = AuthenticatorApp.Scan(begun.Data.Text("otpauth_uri"));
        Assert.Contains(
            $"secret={begun.Data.Text("secret")}&",
            begun.Data.Text("otpauth_uri"),
            StringComparison.Ordinal
        );
        Assert.Contains(Uri.EscapeDataString(mira.Email), begun.Data.Text("otpauth_uri"), StringComparison.Ordinal);

        // Nothing is asked for before it is confirmed.
        (await mira.SignIn()).Take((await mira.Refresh()).Is(200).Data);
        Assert.Equal(
            ["code CODE_INVALID"],
            (await mira.Post("/api/v1/auth/2fa/totp/confirm", new { Code = app.WrongCode() }))
                .Is(422, "CODE_INVALID")
                .FieldErrors
        );
        var codes = (await mira.Post("/api/v1/auth/2fa/totp/confirm", new { app.Code }))
            .Is(200)
            .Data.GetProperty("recovery_codes");
        Assert.Equal(10, codes.GetArrayLength());
        (await mira.Post("/api/v1/auth/2fa/totp")).Is(409, "TOTP_ALREADY_ON");
        (await mira.Post("/api/v1/auth/2fa/totp/confirm", new { app.Code })).Is(409, "TOTP_NOT_BEGUN");
        var state = await State(mira);
        Assert.Equal(
            (true, 10L, 0L),
            (
                state.GetProperty("enabled").GetBoolean(),
                state.Number("recovery_codes_left"),
                state.Number("trusted_devices")
            )
        );
        Assert.InRange(
            state.GetProperty("enabled_at").GetDateTime(),
            DateTime.UtcNow.AddMinutes(-5),
            DateTime.UtcNow.AddSeconds(5)
        );

        // Sessions that began without it are over; this one goes on.
        (await other.Refresh()).Is(401, "SESSION_ENDED");
        Assert.Equal(1, await Sessions(mira));

        await Rewind(mira);
        var token = await MfaToken(mira);
        (await Prove(mira, token, app.WrongCode())).Is(401, "MFA_CODE_INVALID");
        var signedIn = (await Prove(mira, token, app.Code)).Is(200).Data;
        Assert.Equal(mira.Id, signedIn.GetProperty("user").GetProperty("id").GetGuid());
        Assert.False(signedIn.TryGetProperty("device_token", out _));
        mira.Take(signedIn);
        (await mira.Get("/api/v1/auth/me")).Is(200);
        Assert.Equal(
            "password,totp",
            await server.Database.Scalar<string>(
                "select array_to_string(methods, ',') from session where account_id = $1 order by id desc limit 1",
                mira.Id
            )
        );
        Assert.Equal(
            [
                "account.registered",
                "sign_in.succeeded",
                "sign_in.succeeded",
                "totp.begun",
                "sign_in.succeeded",
                "totp.enabled",
                "sign_in.second_factor_asked",
                "sign_in.failed",
                "sign_in.succeeded",
            ],
            await Trail(mira)
        );
    }

    [Fact]
    public async Task A_code_is_good_once()
    {
        var mira = await Actor.Register(server, "mira");
        var begun = (await mira.Post("/api/v1/auth/2fa/totp")).Is(200);
        var app = AuthenticatorApp.Scan(begun.Data.Text("otpauth_uri"));
        var step = app.Step;
        (await mira.Post("/api/v1/auth/2fa/totp/confirm", new { Code = app.CodeAt(step) })).Is(200);
        (await Prove(mira, await IssueTicket(mira), app.CodeAt(step))).Is(401, "MFA_CODE_INVALID");
        (await Prove(mira, await IssueTicket(mira), app.CodeAt(step - 1))).Is(401, "MFA_CODE_INVALID");
        (await Prove(mira, await IssueTicket(mira), app.CodeAt(step + 1))).Is(200);
        (await Prove(mira, await IssueTicket(mira), app.CodeAt(step + 1))).Is(401, "MFA_CODE_INVALID");
        (await Prove(mira, await IssueTicket(mira), app.CodeAt(step))).Is(401, "MFA_CODE_INVALID");
    }

    [Fact]
    public async Task Of_fifty_tries_with_one_code_one_signs_in()
    {
        foreach (var oneTicket in new[] { true, false })
        {
            var mira = await Actor.Register(server, "mira");
            var (app, _) = await TurnOn(mira);
            var before = await Sessions(mira);
            var ticket = await IssueTicket(mira);
            var tickets = await Task.WhenAll(
                Enumerable.Range(0, Parallel).Select(_ => oneTicket ? Task.FromResult(ticket) : IssueTicket(mira))
            );
            var code = app.Code;
            var replies = await Task.WhenAll(tickets.Select(t => Prove(mira, t, code)));
            Assert.Single(replies, r => r.Status == 200);
            Each.Of(
                replies.Where(r => r.Status != 200),
                r =>
                    Assert.Contains(
                        r.ErrorCode,
                        new[] { "MFA_TOKEN_INVALID", "MFA_CODE_INVALID", "ACCOUNT_LOCKED", "SIGN_IN_BUSY" }
                    )
            );
            Assert.Equal(before + 1, await Sessions(mira));
        }
    }

    /// <summary>
    /// The same without the bound on guesses, so that nothing but the step itself stands between fifty transactions.
    /// </summary>
    [Fact]
    public async Task A_step_and_a_recovery_code_are_each_spent_by_one_of_fifty_transactions()
    {
        var mira = await Actor.Register(server, "mira");
        var (app, codes) = await TurnOn(mira);
        var factor = new SecondFactor(new Secrets(await server.Premises.Keyring()), TimeProvider.System);
        foreach (var (code, method) in new[] { (app.Code, "totp"), (codes[3], "recovery_code") })
        {
            var proven = await Task.WhenAll(
                Enumerable
                    .Range(0, Parallel)
                    .Select(async _ =>
                    {
                        await using var db = await server.Premises.Source.OpenConnectionAsync();
                        await using var transaction = await db.BeginTransactionAsync();
                        var result = await factor.Prove(db, transaction, mira.Id, code);
                        await transaction.CommitAsync();
                        return result;
                    })
            );
            Assert.Equal(method, Assert.Single(proven, p => p is not null));
        }
    }

    [Fact]
    public async Task A_recovery_code_signs_in_once_of_fifty_times()
    {
        var mira = await Actor.Register(server, "mira");
        var (_, codes) = await TurnOn(mira);
        (
            await Prove(
                mira,
                await IssueTicket(mira),
                $" {codes[0].ToUpperInvariant().Replace("-", " ", StringComparison.Ordinal)}"
            )
        ).Is(200);
        (await Prove(mira, await IssueTicket(mira), codes[0])).Is(401, "MFA_CODE_INVALID");
        Assert.Equal(9, (await State(mira)).Number("recovery_codes_left"));

        var tickets = await Task.WhenAll(Enumerable.Range(0, Parallel).Select(_ => IssueTicket(mira)));
        var replies = await Task.WhenAll(tickets.Select(t => Prove(mira, t, codes[1])));
        Assert.Single(replies, r => r.Status == 200);
        Assert.Equal(8, (await State(mira)).Number("recovery_codes_left"));

        var davor = await Actor.Register(server, "davor");
        await TurnOn(davor);
        (await Prove(davor, await IssueTicket(davor), codes[2])).Is(401, "MFA_CODE_INVALID");
    }

    [Fact]
    public async Task New_recovery_codes_void_the_old_ones()
    {
        var mira = await Actor.Register(server, "mira");
        (await mira.Post("/api/v1/auth/2fa/recovery-codes")).Is(409, "TOTP_NOT_ON");
        var (_, old) = await TurnOn(mira);
        var sets = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => mira.Post("/api/v1/auth/2fa/recovery-codes")));
        Each.Of(sets, s => s.Is(200));
        Assert.Equal(10, (await State(mira)).Number("recovery_codes_left"));
        (await Prove(mira, await IssueTicket(mira), old[0])).Is(401, "MFA_CODE_INVALID");
        var renewed = (await mira.Post("/api/v1/auth/2fa/recovery-codes"))
            .Is(200)
            .Data.GetProperty("recovery_codes")[9]
            .GetString()!;
        (await Prove(mira, await IssueTicket(mira), renewed)).Is(200);
    }

    [Fact]
    public async Task Five_wrong_codes_end_a_ticket()
    {
        var mira = await Actor.Register(server, "mira");
        var (app, _) = await TurnOn(mira);
        var token = await MfaToken(mira);
        for (var i = 0; i < 5; i++)
            (await Prove(mira, token, app.WrongCode(i))).Is(401, "MFA_CODE_INVALID");
        (await Prove(mira, token, app.WrongCode(5))).Is(401, "MFA_TOKEN_INVALID");
        (await Prove(mira, token, app.Code)).Is(401, "MFA_TOKEN_INVALID");
        (await Prove(mira, await IssueTicket(mira), app.Code)).Is(200);
    }

    [Fact]
    public async Task Ten_wrong_codes_lock_the_account_whatever_ticket_they_came_with()
    {
        var mira = await Actor.Register(server, "mira");
        var (app, codes) = await TurnOn(mira);
        var tickets = await Task.WhenAll(Enumerable.Range(0, Parallel).Select(_ => IssueTicket(mira)));
        var replies = await Task.WhenAll(tickets.Index().Select(t => Prove(mira, t.Item, app.WrongCode(t.Index))));
        Assert.Equal(10, replies.Count(r => r.Status == 401));
        var locked = replies
            .Where(r => r.Status == 429)
            .Select(r => int.Parse(r.Is(429, "ACCOUNT_LOCKED").Header("Retry-After")!))
            .ToArray();
        Assert.Equal(40, locked.Length);
        Each.Of(locked, s => Assert.InRange(s, 1, 900));

        // A right code and a recovery code change nothing, and no try moves the deadline.
        var retry = int.MaxValue;
        foreach (var code in new[] { app.Code, codes[0], app.WrongCode() })
        {
            var next = int.Parse(
                (await Prove(mira, await IssueTicket(mira), code)).Is(429, "ACCOUNT_LOCKED").Header("Retry-After")!
            );
            Assert.InRange(next, 1, Math.Min(retry, locked.Max()));
            retry = next;
        }

        // The same count closes the password, which is not told to whoever only knows a name, and what a session may
        // prove.
        (await Login(mira)).Is(401, "CREDENTIALS_INVALID");
        (await mira.Post("/api/v1/auth/step-up", new { Actor.Password })).Is(429, "ACCOUNT_LOCKED");
        Assert.Contains("account.locked", await Trail(mira));
    }

    [Fact]
    public async Task A_phone_reads_the_code_off_the_screen()
    {
        var mira = await Actor.Register(server, "mira");
        var begun = (await mira.Post("/api/v1/auth/2fa/totp")).Is(200).Data;
        Assert.Equal(begun.Text("otpauth_uri"), (await BrowserScript.Run("qr.mjs", begun.Text("qr_svg"))).Text("text"));
    }

    [Fact]
    public async Task Asking_again_replaces_the_seed_and_a_stale_one_is_not_confirmed()
    {
        var mira = await Actor.Register(server, "mira");
        (await mira.Post("/api/v1/auth/2fa/totp/confirm", new { Code = "123456" })).Is(409, "TOTP_NOT_BEGUN");
        var first = AuthenticatorApp.Scan((await mira.Post("/api/v1/auth/2fa/totp")).Is(200).Data.Text("otpauth_uri"));
        var second = AuthenticatorApp.Scan((await mira.Post("/api/v1/auth/2fa/totp")).Is(200).Data.Text("otpauth_uri"));
        Assert.NotEqual(first.Seed, second.Seed);
        (await mira.Post("/api/v1/auth/2fa/totp/confirm", new { first.Code })).Is(422, "CODE_INVALID");
        await server.Database.Execute(
            "update totp set created_at = created_at - interval '16 minutes' where account_id = $1",
            mira.Id
        );
        (await mira.Post("/api/v1/auth/2fa/totp/confirm", new { second.Code })).Is(409, "TOTP_NOT_BEGUN");
        Assert.Equal(
            ["code REQUIRED"],
            (await mira.Post("/api/v1/auth/2fa/totp/confirm", new { })).Is(422, "VALIDATION_ERROR").FieldErrors
        );
    }

    [Fact]
    public async Task Turned_off_it_leaves_nothing_behind()
    {
        var mira = await Actor.Register(server, "mira");
        (await mira.Delete("/api/v1/auth/2fa/totp")).Is(409, "TOTP_NOT_ON");
        var (app, codes) = await TurnOn(mira);
        var device = (await Prove(mira, await IssueTicket(mira), app.Code, trustDevice: true))
            .Is(200)
            .Data.Text("device_token");
        var pending = await IssueTicket(mira);
        (await mira.Delete("/api/v1/auth/2fa/totp")).Is(200);
        Assert.Equal(1, await Sessions(mira));
        var state = await State(mira);
        Assert.Equal(
            (false, 0L, 0L),
            (
                state.GetProperty("enabled").GetBoolean(),
                state.Number("recovery_codes_left"),
                state.Number("trusted_devices")
            )
        );
        foreach (var code in new[] { app.Code, codes[0] })
            (await Prove(mira, pending, code)).Is(401, "MFA_TOKEN_INVALID");
        Assert.True((await Login(mira)).Is(200).Data.TryGetProperty("access_token", out _));
        await TurnOn(mira);
        Assert.True((await Login(mira, device)).Is(200).Data.GetProperty("mfa_required").GetBoolean());
    }
}

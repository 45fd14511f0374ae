using System.Text;
using Veza.Features.Auth;
using Veza.Tests.Harness;
using static Veza.Tests.Harness.SecondFactors;

namespace Veza.Tests.Features.Auth.Factors;

/// <summary>
/// What is left lying about: nothing that would let anybody in; and what a half finished sign-in opens: nothing.
/// </summary>
public sealed class SecondFactorSecretsTests(VezaServer server) : IClassFixture<VezaServer>
{
    [Fact]
    public async Task No_seed_code_or_token_is_in_clear_in_the_database_or_the_log()
    {
        var mira = await Actor.Register(server, "mira");
        var begun = (await mira.Post("/api/v1/auth/2fa/totp")).Is(200).Data;
        var app = AuthenticatorApp.Scan(begun.Text("otpauth_uri"));
        var codes = (await mira.Post("/api/v1/auth/2fa/totp/confirm", new { app.Code }))
            .Is(200)
            .Data.GetProperty("recovery_codes")
            .EnumerateArray()
            .Select(c => c.GetString()!)
            .ToArray();
        await Rewind(mira);
        var token = await MfaToken(mira);
        var wrong = app.WrongCode();
        (await Prove(mira, token, wrong)).Is(401);
        var device = (await Prove(mira, token, app.Code, trustDevice: true)).Is(200).Data.Text("device_token");
        (await mira.Post("/api/v1/auth/step-up", new { Code = codes[0] })).Is(200);
        (await Prove(mira, await IssueTicket(mira), codes[1])).Is(200);

        var everything = new StringBuilder(server.Log);
        var tables = await server.Database.Column("select tablename from pg_tables where schemaname = 'public'");
        Assert.Contains("totp", tables);
        foreach (var table in tables)
        foreach (var row in await server.Database.Column($"select t::text from {table} t"))
            everything.AppendLine(row);
        var written = everything.ToString();
        Assert.Contains(mira.Email, written, StringComparison.Ordinal);
        string[] secrets =
        [
            begun.Text("secret"),
            Convert.ToHexStringLower(app.Seed),
            Convert.ToBase64String(app.Seed),
            token,
            device,
            Actor.Password,
            .. codes,
            .. codes.Select(c => c.Replace("-", "", StringComparison.Ordinal)),
        ];
        Each.Of(
            secrets,
            secret =>
            {
                Assert.DoesNotContain(secret, written, StringComparison.OrdinalIgnoreCase);
                Assert.DoesNotContain(
                    Convert.ToHexStringLower(Encoding.UTF8.GetBytes(secret)),
                    written,
                    StringComparison.OrdinalIgnoreCase
                );
            }
        );
    }

    [Fact]
    public async Task A_ticket_for_the_second_factor_opens_nothing_else()
    {
        var mira = await Actor.Register(server, "mira");
        await TurnOn(mira);
        var token = await MfaToken(mira);
        foreach (
            var path in new[]
            {
                "/api/v1/auth/me",
                "/api/v1/auth/2fa",
                "/api/v1/auth/sessions",
                "/api/v1/auth/passkeys",
            }
        )
            (await server.Visitor.Get(path, ("Authorization", $"Bearer {token}"))).Is(401, "TOKEN_INVALID");
        (await server.Visitor.Post("/api/v1/auth/refresh", new { RefreshToken = token })).Is(
            401,
            "REFRESH_TOKEN_INVALID"
        );
        Assert.True((await Login(mira, token)).Is(200).Data.GetProperty("mfa_required").GetBoolean());
        await using var db = await server.Premises.Source.OpenConnectionAsync();
        var others = Enum.GetValues<TicketPurpose>().Where(p => p != TicketPurpose.Mfa).ToArray();
        Assert.NotEmpty(others);
        foreach (var purpose in others)
        {
            Assert.Null(await Tickets.Peek(db, null, purpose, token));
            Assert.Null(await Tickets.Consume(db, null, purpose, token));
        }

        Assert.Equal(mira.Id, (await Tickets.Peek(db, null, TicketPurpose.Mfa, token))!.AccountId);
    }

    [Fact]
    public async Task A_ticket_that_is_not_ours_is_spent_or_is_old_gets_nobody_in()
    {
        var mira = await Actor.Register(server, "mira");
        var (app, codes) = await TurnOn(mira);
        (await Prove(mira, "made up", app.Code)).Is(401, "MFA_TOKEN_INVALID");
        (await Prove(mira, mira.AccessToken, app.Code)).Is(401, "MFA_TOKEN_INVALID");
        (await Prove(mira, await IssueTicket(mira, TimeSpan.FromMinutes(11)), app.Code)).Is(401, "MFA_TOKEN_INVALID");
        Assert.Equal(
            ["code REQUIRED", "mfa_token REQUIRED"],
            (await server.Visitor.Post("/api/v1/auth/login/mfa", new { }))
                .Is(422, "VALIDATION_ERROR")
                .FieldErrors.Order()
        );
        var token = await IssueTicket(mira);
        (await Prove(mira, token, codes[0])).Is(200);
        (await Prove(mira, token, codes[1])).Is(401, "MFA_TOKEN_INVALID");
        Assert.Equal(9, (await State(mira)).Number("recovery_codes_left"));
    }

    [Fact]
    public async Task Who_was_suspended_or_whose_password_changed_between_the_factors_stays_out()
    {
        var mira = await Actor.Register(server, "mira");
        var (_, codes) = await TurnOn(mira);
        var (first, second) = (await IssueTicket(mira), await IssueTicket(mira));
        await server.Database.Execute("update account set suspended_at = now() where id = $1", mira.Id);
        (await Prove(mira, first, codes[0])).Is(403, "ACCOUNT_SUSPENDED");
        await server.Database.Execute(
            "update account set suspended_at = null, password_changed_at = now() where id = $1",
            mira.Id
        );
        (await Prove(mira, second, codes[1])).Is(401, "MFA_TOKEN_INVALID");
        (await Prove(mira, await IssueTicket(mira), codes[2])).Is(200);
    }
}

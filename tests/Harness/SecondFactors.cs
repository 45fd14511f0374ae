using System.Text.Json;

namespace Veza.Tests.Harness;

/// <summary>What a person does with an authenticator app, step by step.</summary>
internal static class SecondFactors
{
    internal static async Task<(AuthenticatorApp App, string[] Codes)> TurnOn(Actor actor)
    {
        var app = AuthenticatorApp.Scan((await actor.Post("/api/v1/auth/2fa/totp")).Is(200).Data.Text("otpauth_uri"));
        var confirmed = (await actor.Post("/api/v1/auth/2fa/totp/confirm", new { app.Code })).Is(200).Data;
        await Rewind(actor);
        return (app, [.. confirmed.GetProperty("recovery_codes").EnumerateArray().Select(c => c.GetString()!)]);
    }

    /// <summary>
    /// Lets the code that the app shows be used again, where a test would have to wait half a minute for the next.
    /// </summary>
    internal static Task<int> Rewind(Actor actor) =>
        actor.Server.Database.Execute("update totp set last_step = -1 where account_id = $1", actor.Id);

    internal static Task<Reply> Login(
        Actor actor,
        string? deviceToken = null,
        params (string Name, string Value)[] headers
    ) =>
        actor.Server.Visitor.Post(
            "/api/v1/auth/login",
            new
            {
                actor.Email,
                Actor.Password,
                DeviceToken = deviceToken,
            },
            headers
        );

    /// <summary>Signs in with the password, and gives the ticket for the second factor.</summary>
    internal static async Task<string> MfaToken(Actor actor)
    {
        var asked = (await Login(actor)).Is(200).Data;
        Assert.True(asked.GetProperty("mfa_required").GetBoolean());
        Assert.Equal(
            ["totp", "recovery_code"],
            asked.GetProperty("methods").EnumerateArray().Select(m => m.GetString())
        );
        foreach (var secret in new[] { "access_token", "refresh_token", "user" })
            Assert.False(asked.TryGetProperty(secret, out _));
        return asked.Text("mfa_token");
    }

    /// <summary>A ticket as a sign-in issues it, without the cost of a password.</summary>
    internal static async Task<string> IssueTicket(Actor actor, TimeSpan? age = null)
    {
        var token = Veza.Infrastructure.Security.OneTime.NewToken();
        await actor.Server.Database.Execute(
            """
            insert into ticket (id, purpose, account_id, token_hash, detail, created_at, expires_at)
            values ($1, 'Mfa', $2, $3, '{"method":"password"}', now() - $4, now() - $4 + interval '10 minutes')
            """,
            Guid.CreateVersion7(),
            actor.Id,
            Veza.Infrastructure.Security.OneTime.Hash(token),
            age ?? TimeSpan.Zero
        );
        return token;
    }

    internal static Task<Reply> Prove(Actor actor, string mfaToken, string code, bool trustDevice = false) =>
        actor.Server.Visitor.Post(
            "/api/v1/auth/login/mfa",
            new
            {
                MfaToken = mfaToken,
                Code = code,
                TrustDevice = trustDevice,
            }
        );

    /// <summary>The state that GET /2fa tells.</summary>
    internal static async Task<JsonElement> State(Actor actor) => (await actor.Get("/api/v1/auth/2fa")).Is(200).Data;

    internal static Task<long> Sessions(Actor actor) =>
        actor.Server.Database.Scalar<long>(
            "select count(*) from session where account_id = $1 and ended_at is null",
            actor.Id
        );

    internal static Task<string[]> Trail(Actor actor) =>
        actor.Server.Database.Column("select action from audit_event where account_id = $1 order by at, id", actor.Id);
}

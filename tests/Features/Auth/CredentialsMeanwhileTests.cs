using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth;

/// <summary>
/// Each request stands at its first wait for the account, having believed what was true when it came; then the account
/// changes, and the request goes on. Nothing may come of what the change has ended.
/// </summary>
public sealed class CredentialsMeanwhileTests(Shared<StagedPeople> shared) : IClassFixture<Shared<StagedPeople>>
{
    private readonly StagedPeople stage = shared.It;
    private const string NewRoles = "new roles",
        Asked = "second factor asked";

    public static TheoryData<string, string, string> Holes =>
        new()
        {
            { "password", "the password changes", "CREDENTIALS_INVALID" },
            { "username", "the password changes", "CREDENTIALS_INVALID" },
            { "password", "the hash changes", "CREDENTIALS_INVALID" },
            { "password", "the address is proven", "CREDENTIALS_INVALID" },
            { "password", "the account is suspended", "ACCOUNT_SUSPENDED" },
            { "password", "the app is turned on", Asked },
            { "password", "the roles are taken", NewRoles },
            { "device", "the device is forgotten", Asked },
            { "device", "the password changes", "CREDENTIALS_INVALID" },
            { "link", "the password changes", "TICKET_INVALID" },
            { "link", "the address is proven", "TICKET_INVALID" },
            { "link", "the address changes", "TICKET_INVALID" },
            { "link", "the account is suspended", "ACCOUNT_SUSPENDED" },
            { "link", "the app is turned on", Asked },
            { "code", "the password changes", "TICKET_INVALID" },
            { "code", "the address changes", "TICKET_INVALID" },
            { "code", "the roles are taken", NewRoles },
            { "confirmed", "the password changes", "LINK_NOT_CONFIRMED" },
            { "confirmed", "the account is suspended", "ACCOUNT_SUSPENDED" },
            { "passkey", "the passkey is removed", "PASSKEY_REFUSED" },
            { "passkey", "the address is proven", "PASSKEY_REFUSED" },
            { "passkey", "the account is suspended", "ACCOUNT_SUSPENDED" },
            { "passkey", "the roles are taken", NewRoles },
            { "exchange", "the identity is unlinked", "OAUTH_CODE_INVALID" },
            { "exchange", "the password changes", "OAUTH_CODE_INVALID" },
            { "exchange", "the account is suspended, and nothing else", "ACCOUNT_SUSPENDED" },
            { "totp", "the app is turned off", "MFA_TOKEN_INVALID" },
            { "totp", "the password changes", "MFA_TOKEN_INVALID" },
            { "totp", "the roles are taken", NewRoles },
            { "recovery", "the app is turned off", "MFA_TOKEN_INVALID" },
            { "recovery", "the account is suspended, and nothing else", "ACCOUNT_SUSPENDED" },
            { "trusting", "the address is proven", "MFA_TOKEN_INVALID" },
            { "trusting", "the identity is unlinked", "MFA_TOKEN_INVALID" },
            { "refresh", "the account is suspended, and nothing else", "SESSION_ENDED" },
            { "refresh", "the account is suspended", "SESSION_ENDED" },
            { "refresh", "the password changes", "SESSION_ENDED" },
            { "refresh", "the session ends", "SESSION_ENDED" },
            { "refresh", "the roles are taken", NewRoles },
            { "step-up", "the hash changes", "STEP_UP_FAILED" },
            { "step-up", "the password changes", "SESSION_ENDED" },
            { "step-up", "the session ends", "SESSION_ENDED" },
            { "step-up", "the roles are taken", "TOKEN_REVOKED" },
            { "step-up by code", "the app is turned off", "STEP_UP_FAILED" },
            { "step-up by passkey", "the passkey is removed", "STEP_UP_FAILED" },
            { "key", "the session ends", "SESSION_ENDED" },
            { "key", "the address is proven", "SESSION_ENDED" },
            { "key", "the account is suspended", "ACCOUNT_SUSPENDED" },
            { "moderator's key", "the roles are taken", "TOKEN_REVOKED" },
            { "begin totp", "the session ends", "SESSION_ENDED" },
            { "confirm totp", "the session ends", "SESSION_ENDED" },
            { "confirm totp", "the address is proven", "SESSION_ENDED" },
            { "renew codes", "the session ends", "SESSION_ENDED" },
            { "add passkey", "the session ends", "SESSION_ENDED" },
            { "add passkey", "the address is proven", "SESSION_ENDED" },
            { "change address", "the session ends", "SESSION_ENDED" },
        };

    [Theory]
    [MemberData(nameof(Holes))]
    public async Task Nothing_comes_of_what_was_ended_meanwhile(string way, string change, string outcome)
    {
        // The first proof of a mailbox voids whatever was there before, an app as well.
        var isLetter = way is "link" or "code" or "confirmed";
        var who = await stage.Add(
            verified: isLetter && change != "the address is proven",
            withTotp: way is "device" or "totp" or "recovery" or "trusting" or "step-up by code" or "renew codes"
        );
        var go = await who.Prepare(way);
        var credentials = await Credentials(who);
        var sessions = await Alive(who);
        await using var held = await HeldAccount.Of(who);
        var request = go();
        await held.Awaited(1, request);
        await held.Change(AccountChanges.Of(who, change));
        await held.Commit();
        var reply = await request;

        if (outcome == NewRoles)
        {
            Assert.Equal(["user"], stage.Read(reply.Is(200).Data.Text("access_token"))!.Roles);
            return;
        }

        if (outcome == Asked)
            Assert.True(reply.Is(200).Data.GetProperty("mfa_required").GetBoolean());
        else
            Assert.Equal(outcome, reply.ErrorCode);
        // What stands in the tables was there before, or less of it.
        Assert.Empty((await Alive(who)).Except(sessions));
        var came = (await Credentials(who)).Except(credentials);
        Assert.Empty(
            change == "the app is turned on" ? came.Where(c => !c.StartsWith("app ", StringComparison.Ordinal)) : came
        );
    }

    /// <summary>
    /// What was begun, and waits for its second half, ends with what it stands on, by the slices themselves.
    /// </summary>
    [Theory]
    [InlineData("exchange", "unlink", "OAUTH_CODE_INVALID")]
    [InlineData("totp", "unlink", "MFA_TOKEN_INVALID")]
    [InlineData("recovery", "app off", "MFA_TOKEN_INVALID")]
    [InlineData("link", "address", "TICKET_INVALID")]
    [InlineData("confirmed", "address", "LINK_NOT_CONFIRMED")]
    [InlineData("totp", "address", "MFA_TOKEN_INVALID")]
    [InlineData("exchange", "suspension and its end", "OAUTH_CODE_INVALID")]
    public async Task What_is_half_done_ends_with_what_it_stands_on(string way, string change, string outcome)
    {
        var who = await stage.Add(verified: true, withTotp: way is "totp" or "recovery");
        var go = await who.Prepare(way);
        switch (change)
        {
            case "unlink":
                (await Send(who.Home, HttpMethod.Delete, $"/api/v1/auth/identities/{who.IdentityId}")).Is(200);
                break;
            case "app off":
                (await Send(who.Home, HttpMethod.Delete, "/api/v1/auth/2fa/totp")).Is(200);
                break;
            case "address":
                var letter = await stage.Issue(
                    Veza.Features.Auth.TicketPurpose.EmailChange,
                    new Veza.Features.Auth.TicketDraft(who.Id, $"moved-{who.Email}", TimeSpan.FromHours(1))
                );
                (await who.Post("email/verify", new { letter.Token })).Is(200);
                break;
            default:
                (
                    await Send(
                        stage.Admin.Home,
                        HttpMethod.Put,
                        $"/api/v1/admin/users/{who.Id}/suspension",
                        """{"reason":"Spam"}"""
                    )
                ).Is(200);
                (await Send(stage.Admin.Home, HttpMethod.Delete, $"/api/v1/admin/users/{who.Id}/suspension")).Is(200);
                break;
        }

        Assert.Equal(outcome, (await go()).ErrorCode);
    }

    private Task<Reply> Send(StagedSession by, HttpMethod method, string path, string? json = null) =>
        stage.Server.Visitor.Send(
            method,
            path,
            json is null ? null : new StringContent(json, System.Text.Encoding.UTF8, "application/json"),
            by.Bearer
        );

    /// <summary>The change waits for who began first, and ends what came of it.</summary>
    [Theory]
    [InlineData("password")]
    [InlineData("passkey")]
    [InlineData("refresh")]
    [InlineData("step-up")]
    public async Task What_began_first_is_ended_by_the_change(string way)
    {
        var who = await stage.Add(verified: true);
        var go = await who.Prepare(way);
        await using var held = await HeldAccount.Of(who);
        var request = go();
        await held.Awaited(1, request);
        var change = Send(
            stage.Admin.Home,
            HttpMethod.Put,
            $"/api/v1/admin/users/{who.Id}/suspension",
            """{"reason":"Spam"}"""
        );
        await held.Awaited(2, request, change);
        await held.Commit();
        await Task.WhenAll(request, change);
        Assert.Equal(200, (await change).Status);
        Assert.Empty(await Alive(who));
        if ((await request).Status == 200)
            await Refused((await request).Data.Text("access_token"));
    }

    /// <summary>
    /// The word of the new epoch comes while the key is read: it must not be remembered with the roles of before.
    /// </summary>
    [Fact]
    public async Task A_key_that_is_read_while_its_owner_is_demoted_does_no_more_than_they()
    {
        var who = await stage.Add(verified: true, roles: ["user", "admin"]);
        var scopes = new[] { Permissions.AuditRead, Permissions.AccountRead };
        var key = (await who.Post("api-keys", new { Name = "key", Scopes = scopes }, who.Other))
            .Is(201)
            .Data.Text("key");
        await using var held = await HeldAccount.Of(who);
        await held.Change(AccountChanges.Of(who, "the roles are taken"));
        // One that waited for the key's row would go on with the roles of before, and the epoch of after.
        Task<Reply> Use(string path) => stage.Server.Visitor.Get(path, ("Authorization", $"Bearer {key}"));
        var request = Use("/api/v1/admin/audit-log");
        await held.Awaited(1, request);
        await held.Commit();
        await request;
        // The word of the session comes before the word of the key, at once.
        await Refused(who.Other.AccessToken);
        (await Use("/api/v1/auth/me")).Is(200);
        (await Use("/api/v1/admin/audit-log")).Is(403, "SCOPE_MISSING");
    }

    [Fact]
    public async Task Of_two_moderators_who_suspend_each_other_at_once_one_does()
    {
        var (ana, ben) = (
            await stage.Add(verified: true, roles: ["user", "admin"]),
            await stage.Add(verified: true, roles: ["user", "admin"])
        );
        Task<Reply> Suspend(StagedPerson by, StagedPerson whom) =>
            Send(by.Home, HttpMethod.Put, $"/api/v1/admin/users/{whom.Id}/suspension", """{"reason":"Spam"}""");
        await using var held = await HeldAccount.Of(ana);
        var both = new[] { Suspend(ana, ben), Suspend(ben, ana) };
        await held.Awaited(2, both);
        await held.Commit();
        var replies = await Task.WhenAll(both);
        Assert.Equal([200, 403], replies.Select(r => r.Status).Order());
        Assert.Equal(
            1,
            await stage.Database.Scalar<long>(
                "select count(*) from account where id = any($1) and suspended_at is not null",
                new[] { ana.Id, ben.Id }
            )
        );
    }

    private Task Refused(string accessToken) =>
        Eventually.True(
            "the access token is refused",
            async () =>
                (await stage.Server.Visitor.Get("/api/v1/auth/me", ("Authorization", $"Bearer {accessToken}"))).Status
                == 401
        );

    private Task<string[]> Alive(StagedPerson who) =>
        stage.Database.Column("select id from session where account_id = $1 and ended_at is null", who.Id);

    /// <summary>Whatever lets somebody in later.</summary>
    private Task<string[]> Credentials(StagedPerson who) =>
        stage.Database.Column(
            """
            select 'key ' || id from api_key where account_id = $1 union all select 'passkey ' || id from passkey
              where account_id = $1
            union all select 'identity ' || id from identity where account_id = $1 union all select 'device ' || id
              from trusted_device where account_id = $1
            union all select 'app ' || encode(sealed, 'hex') || confirmed_at from totp where account_id = $1
              and confirmed_at is not null
            union all select 'code ' || encode(code_mac, 'hex') from recovery_code where account_id = $1
            union all select 'address change' from ticket where account_id = $1 and purpose = 'EmailChange'
              and used_at is null
            """,
            who.Id
        );
}

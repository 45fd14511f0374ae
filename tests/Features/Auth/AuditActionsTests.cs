using System.Reflection;
using System.Text;
using Veza.Features.Auth;
using Veza.Features.Auth.Accounts;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth;

/// <summary>
/// Each action of the trail is done over HTTP, and stands in the trail of the account it was done to. An action without
/// a line here is a fault.
/// </summary>
public sealed class AuditActionsTests(StagedPeople stage, OAuthStage providers)
    : IClassFixture<StagedPeople>,
        IClassFixture<OAuthStage>
{
    private const string Longer = "a longer sentence is better";

    private static readonly string[] Declared =
    [
        .. typeof(AuditActions)
            .GetFields(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public)
            .Where(f => f.IsLiteral)
            .Select(f => (string)f.GetRawConstantValue()!),
    ];

    private Dictionary<string, Func<StagedPerson, Task>> Deeds =>
        new()
        {
            [AuditActions.Suspended] = Suspend,
            [AuditActions.SuspensionLifted] = async who =>
            {
                await Suspend(who);
                (await ByAdmin(HttpMethod.Delete, $"/api/v1/admin/users/{who.Id}/suspension")).Is(200);
            },
            [AuditActions.SuspensionExpired] = async who =>
            {
                await Suspend(who);
                await stage.Database.Execute(
                    "update account set suspended_until = now() - interval '1 second' where id = $1",
                    who.Id
                );
                await using var db = await stage.Server.Premises.Source.OpenConnectionAsync();
                await AccountStanding.LiftExpired(db);
            },
            [AuditActions.Locked] = Lock,
            [AuditActions.Unlocked] = async who =>
            {
                await Lock(who);
                (await ByAdmin(HttpMethod.Delete, $"/api/v1/admin/users/{who.Id}/lock")).Is(200);
            },
            [AuditActions.RolesChanged] = async who =>
                (await ByAdmin(HttpMethod.Put, $"/api/v1/admin/users/{who.Id}/roles", """{"roles":["user"]}""")).Is(
                    200
                ),
            [AuditActions.SignedIn] = who => Do(who, "password"),
            [AuditActions.SignInFailed] = async who =>
                (await who.Post("login", new { who.Email, Password = "wrong one" })).Is(401),
            [AuditActions.SignInRefused] = async who =>
            {
                await Suspend(who);
                (await who.Post("login", new { who.Email, StagedPeople.Password })).Is(403);
            },
            [AuditActions.SecondFactorAsked] = who => Do(who, "password"),
            [AuditActions.SessionEnded] = async who =>
                (await By(who, HttpMethod.Delete, $"/api/v1/auth/sessions/{who.Other.Id}")).Is(200),
            [AuditActions.SessionsEnded] = async who =>
                (await who.Post("logout", new { Scope = "others" }, who.Home)).Is(200),
            [AuditActions.RefreshTokenReused] = async who =>
            {
                var next = (await who.Post("refresh", new { who.Other.RefreshToken }))
                    .Is(200)
                    .Data.Text("refresh_token");
                (await who.Post("refresh", new { RefreshToken = next })).Is(200);
                (await who.Post("refresh", new { who.Other.RefreshToken })).Is(401, "REFRESH_TOKEN_REUSED");
            },
            [AuditActions.IdentityUnlinked] = async who =>
                (await By(who, HttpMethod.Delete, $"/api/v1/auth/identities/{who.IdentityId}")).Is(200),
            [AuditActions.TotpBegun] = who => Do(who, "begin totp"),
            [AuditActions.TotpEnabled] = who => Do(who, "confirm totp"),
            [AuditActions.TotpDisabled] = async who =>
                (await By(who, HttpMethod.Delete, "/api/v1/auth/2fa/totp")).Is(200),
            [AuditActions.RecoveryCodesRenewed] = who => Do(who, "renew codes"),
            [AuditActions.TrustedDeviceAdded] = who => Do(who, "trusting"),
            [AuditActions.TrustedDeviceForgotten] = async who =>
            {
                var device = (await By(who, HttpMethod.Get, "/api/v1/auth/2fa/trusted-devices"))
                    .Is(200)
                    .Data[0]
                    .Text("id");
                (await By(who, HttpMethod.Delete, $"/api/v1/auth/2fa/trusted-devices/{device}")).Is(200);
            },
            [AuditActions.SteppedUp] = who => Do(who, "step-up"),
            [AuditActions.PasskeyAdded] = who => Do(who, "add passkey"),
            [AuditActions.PasskeyRemoved] = async who =>
                (await By(who, HttpMethod.Delete, $"/api/v1/auth/passkeys/{who.PasskeyId}")).Is(200),
            [AuditActions.PasskeyRenamed] = async who =>
                (await By(who, HttpMethod.Put, $"/api/v1/auth/passkeys/{who.PasskeyId}", """{"name":"Desk"}""")).Is(
                    200
                ),
            [AuditActions.PasskeyCloneSuspected] = async who =>
            {
                await stage.Database.Execute("update passkey set sign_count = 1000 where id = $1", who.PasskeyId);
                (await (await who.Prepare("passkey"))()).Is(401, "PASSKEY_REFUSED");
            },
            [AuditActions.ApiKeyCreated] = who => Do(who, "key"),
            [AuditActions.ApiKeyDeleted] = async who =>
            {
                var key = (await (await who.Prepare("key"))()).Is(201).Data.Text("id");
                (await By(who, HttpMethod.Delete, $"/api/v1/auth/api-keys/{key}")).Is(200);
            },
            [AuditActions.MagicLinkAsked] = async who => (await who.Post("magic-link", new { who.Email })).Is(202),
            [AuditActions.PasswordResetAsked] = async who =>
                (await who.Post("password/forgot", new { who.Email })).Is(202),
            [AuditActions.PasswordReset] = async who =>
            {
                var letter = await stage.Issue(
                    TicketPurpose.PasswordReset,
                    new TicketDraft(who.Id, who.Email, TimeSpan.FromMinutes(30))
                );
                (await who.Post("password/reset", new { letter.Token, Password = Longer })).Is(200);
            },
            [AuditActions.PasswordChanged] = async who =>
                (
                    await By(
                        who,
                        HttpMethod.Put,
                        "/api/v1/users/me/password",
                        $$"""{"current_password":"{{StagedPeople.Password}}","new_password":"{{Longer}}"}"""
                    )
                ).Is(200),
            [AuditActions.EmailVerified] = async who =>
            {
                var letter = await stage.Issue(
                    TicketPurpose.EmailVerification,
                    new TicketDraft(who.Id, who.Email, TimeSpan.FromHours(1))
                );
                (await who.Post("email/verify", new { letter.Token })).Is(200);
            },
            [AuditActions.EmailChangeAsked] = async who => (await (await who.Prepare("change address"))()).Is(202),
            [AuditActions.EmailChanged] = async who =>
            {
                var letter = await stage.Issue(
                    TicketPurpose.EmailChange,
                    new TicketDraft(who.Id, $"new-{who.Email}", TimeSpan.FromHours(1))
                );
                (await who.Post("email/verify", new { letter.Token })).Is(200);
            },
        };

    public static TheoryData<string> Actions => [.. Declared.Except(Elsewhere)];

    /// <summary>Which begin with somebody who is not there yet, or at another provider.</summary>
    private static readonly string[] Elsewhere = [AuditActions.Registered, AuditActions.IdentityLinked];

    [Fact]
    public void Every_action_has_its_line()
    {
        Assert.True(Declared.Length > 30);
        Assert.Equal(
            Declared.Order(StringComparer.Ordinal),
            Deeds.Keys.Concat(Elsewhere).Order(StringComparer.Ordinal)
        );
    }

    [Theory]
    [MemberData(nameof(Actions))]
    public async Task What_is_done_stands_in_the_trail_of_the_account(string action)
    {
        var who = await stage.Add(
            withTotp: action
                is AuditActions.SecondFactorAsked
                    or AuditActions.TotpDisabled
                    or AuditActions.RecoveryCodesRenewed
                    or AuditActions.TrustedDeviceAdded
        );
        Assert.DoesNotContain(action, await Trail(who.Id));
        await Deeds[action](who);
        Assert.Single(await Trail(who.Id), action);
    }

    [Fact]
    public async Task Who_registers_and_links_is_told_of_too()
    {
        var mira = await providers.Register("mira");
        (await providers.Link(mira, "github", await providers.Provider.Add("mira"))).Is(200);
        var trail = (await mira.Get("/api/v1/auth/audit-log"))
            .Is(200)
            .Data.EnumerateArray()
            .Select(e => e.Text("action"))
            .ToArray();
        foreach (var action in Elsewhere)
            Assert.Single(trail, action);
    }

    private Task<Reply> By(StagedPerson who, HttpMethod method, string path, string? json = null) =>
        Send(who.Home, method, path, json);

    private Task<Reply> ByAdmin(HttpMethod method, string path, string? json = null) =>
        Send(stage.Admin.Home, method, path, json);

    private Task<Reply> Send(StagedSession session, HttpMethod method, string path, string? json) =>
        stage.Server.Visitor.Send(
            method,
            path,
            json is null ? null : new StringContent(json, Encoding.UTF8, "application/json"),
            session.Bearer
        );

    private static async Task Do(StagedPerson who, string way) =>
        Assert.InRange((await (await who.Prepare(way))()).Status, 200, 201);

    private async Task Suspend(StagedPerson who) =>
        (await ByAdmin(HttpMethod.Put, $"/api/v1/admin/users/{who.Id}/suspension", """{"reason":"Spam"}""")).Is(200);

    private static async Task Lock(StagedPerson who)
    {
        for (var i = 0; i < 10; i++)
            (await who.Post("login", new { who.Email, Password = "wrong one" })).Is(401);
    }

    private async Task<string[]> Trail(Guid id) =>
        [
            .. (await ByAdmin(HttpMethod.Get, $"/api/v1/admin/audit-log?account_id={id}&limit=100"))
                .Is(200)
                .Data.EnumerateArray()
                .Select(e => e.Text("action")),
        ];
}

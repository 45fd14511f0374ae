using Veza.Features.Auth.OAuth;
using Veza.Infrastructure.Security;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth.OAuth;

/// <summary>Signing in with Google, GitHub and Discord as people do it, and whose account it is.</summary>
public sealed class OAuthSignInTests(Shared<OAuthStage> shared) : IClassFixture<Shared<OAuthStage>>
{
    private readonly OAuthStage stage = shared.It;
    private VezaServer Server => stage.Server;

    [Theory]
    [InlineData("google", "mira", "mira at Google")]
    [InlineData("github", "mira-hub", "mira at GitHub")]
    [InlineData("discord", "miracord", "mira at Discord")]
    public async Task Somebody_new_gets_an_account_without_a_password(
        string provider,
        string username,
        string displayName
    )
    {
        var mira = await stage.Provider.Add("mira");
        using var browser = stage.NewBrowser();
        var user = (await browser.SignIn(provider, mira)).Is(200).Data.GetProperty("user");
        Assert.Equal((mira.Email, displayName), (user.Text("email"), user.Text("display_name")));
        Assert.StartsWith(username, user.Text("username"), StringComparison.Ordinal);
        var id = user.GetProperty("id").GetGuid();
        Assert.True(
            await Server.Database.Scalar<bool>(
                "select password_hash is null and email_verified_at is not null from account where id = $1",
                id
            )
        );
        Assert.Equal(
            ["account.registered", "identity.linked", "sign_in.succeeded"],
            await Server.Database.Column("select action from audit_event where account_id = $1 order by action", id)
        );
        Assert.Equal(
            [$"oauth_{provider}"],
            await Server.Database.Column("select unnest(methods) from session where account_id = $1", id)
        );
    }

    [Theory]
    [InlineData("google")]
    [InlineData("github")]
    [InlineData("discord")]
    public async Task Whoever_was_here_before_comes_back_to_the_same_account_whatever_became_of_the_address(
        string provider
    )
    {
        var mira = await stage.Provider.Add("mira");
        var first = await UserOf(provider, mira);
        var before = await Server.Database.Scalar<byte[]>(
            "select sealed_tokens from identity where account_id = $1",
            first
        );
        foreach (
            var later in new[]
            {
                ProviderPerson.Named("x", "elsewhere@example.org"),
                ProviderPerson.Named("x", mira.Email, verified: false),
                WithoutAddress(ProviderPerson.Named("x")),
            }
        )
            Assert.Equal(first, await UserOf(provider, await stage.Provider.Add(AsSubjectOf(mira, later))));
        Assert.Equal(
            mira.Email,
            await Server.Database.Scalar<string>("select email from account where id = $1", first)
        );
        Assert.NotEqual(
            before,
            await Server.Database.Scalar<byte[]>("select sealed_tokens from identity where account_id = $1", first)
        );
        Assert.Equal(
            1,
            await Server.Database.Scalar<long>("select count(*) from identity where account_id = $1", first)
        );
    }

    [Fact]
    public async Task Tokens_of_providers_are_sealed_anew_after_a_rotation_and_still_open()
    {
        var id = await UserOf("github", await stage.Provider.Add("mira"));
        (await Server.Run("keys", "rotate")).Succeeds();
        var later = new Secrets(await Server.Premises.Keyring(new ShiftedClock(TimeSpan.FromMinutes(2))));
        await using var db = await Server.Premises.Source.OpenConnectionAsync();
        Assert.NotEqual(0, await IdentityStore.Tokens.SealAnew(db, later));
        var tokens = await Server.Database.Scalar<byte[]>(
            "select sealed_tokens from identity where account_id = $1",
            id
        );
        var subject = await Server.Database.Scalar<string>("select subject from identity where account_id = $1", id);
        Assert.True(later.IsNewest(tokens));
        Assert.NotEmpty(later.Open(tokens, $"identity:github:{subject}"));
    }

    [Theory]
    [InlineData("google")]
    [InlineData("github")]
    [InlineData("discord")]
    public async Task An_account_with_the_same_verified_address_is_linked_whatever_the_case_of_its_letters(
        string provider
    )
    {
        var davor = await stage.Register("davor");
        var there = await stage.Provider.Add("davor", davor.Email.ToUpperInvariant());
        Assert.Equal(davor.Id, await UserOf(provider, there));
        Assert.Equal(
            ["identity.linked"],
            await Server.Database.Column(
                "select action from audit_event where account_id = $1 and action like 'identity%'",
                davor.Id
            )
        );
        await davor.SignIn();
    }

    [Fact]
    public async Task One_person_may_come_by_all_three()
    {
        var mira = await stage.Provider.Add("mira");
        var accounts = new[]
        {
            await UserOf("google", mira),
            await UserOf("github", mira),
            await UserOf("discord", mira),
        };
        Assert.Single(accounts.Distinct());
        Assert.Equal(
            3,
            await Server.Database.Scalar<long>("select count(*) from identity where account_id = $1", accounts[0])
        );
    }

    [Fact]
    public async Task A_username_that_is_taken_gets_digits_and_one_that_cannot_be_one_is_replaced()
    {
        var taken = await stage.Register("taken");
        var mira = ProviderPerson.Named("mira");
        mira.GitHub["login"] = taken.Username.ToUpperInvariant();
        using var browser = stage.NewBrowser();
        var user = (await browser.SignIn("github", await stage.Provider.Add(mira))).Is(200).Data.GetProperty("user");
        Assert.Matches($"(?i)^{taken.Username}\\d+$", user.Text("username"));

        var other = ProviderPerson.Named("other");
        (other.Discord["username"], other.Discord["global_name"]) = ("1_.ž", "\u202e\u0007 \n");
        using var second = stage.NewBrowser();
        var nameless = (await second.SignIn("discord", await stage.Provider.Add(other)))
            .Is(200)
            .Data.GetProperty("user");
        Assert.StartsWith("listener", nameless.Text("username"), StringComparison.Ordinal);
        Assert.Equal(nameless.Text("username"), nameless.Text("display_name"));
    }

    [Fact]
    public async Task Many_tabs_at_once_make_one_account()
    {
        var mira = await stage.Provider.Add("mira");
        Browser[] browsers = [.. Enumerable.Range(0, 6).Select(_ => stage.NewBrowser())];
        var ways = await Task.WhenAll(
            browsers.Select(async b => (Browser: b, Back: await b.Consent(await b.Begin("google"), mira)))
        );
        var replies = await Task.WhenAll(ways.Select(w => w.Browser.Fetch(w.Back)));
        Assert.Single(replies.Select(r => r.Is(200).Data.GetProperty("user").Text("id")).Distinct());
        Assert.Equal(
            1,
            await Server.Database.Scalar<long>("select count(*) from account where email = $1", mira.Email)
        );
        foreach (var browser in browsers)
            browser.Dispose();
    }

    [Fact]
    public async Task Two_tabs_of_one_browser_do_not_disturb_each_other()
    {
        var mira = await stage.Provider.Add("mira");
        using var browser = stage.NewBrowser();
        var first = await browser.Begin("google");
        var second = await browser.Begin("google");
        (await browser.Fetch(await browser.Consent(second, mira))).Is(200);
        (await browser.Fetch(await browser.Consent(first, mira))).Is(200);
    }

    [Fact]
    public async Task A_second_factor_is_asked_for_and_the_suspended_stay_out()
    {
        var mira = await stage.Provider.Add("mira");
        var id = await UserOf("google", mira);
        await Server.Database.Execute(
            "insert into totp (account_id, sealed, confirmed_at) values ($1, '\\x00', now())",
            id
        );
        using var browser = stage.NewBrowser();
        var asked = (await browser.SignIn("google", mira)).Is(200).Data;
        Assert.True(asked.GetProperty("mfa_required").GetBoolean());
        Assert.False(asked.TryGetProperty("access_token", out _));
        await Server.Database.Execute(
            "update account set suspended_at = now(), suspension_reason = 'spam' where id = $1",
            id
        );
        using var later = stage.NewBrowser();
        (await later.SignIn("google", mira)).Is(403, "ACCOUNT_SUSPENDED");

        // Nor is anything linked to the suspended by their address.
        var davor = await stage.Register("davor");
        await Server.Database.Execute("update account set suspended_at = now() where id = $1", davor.Id);
        using var other = stage.NewBrowser();
        (await other.SignIn("github", await stage.Provider.Add("davor", davor.Email))).Is(403, "ACCOUNT_SUSPENDED");
        Assert.Equal(
            0,
            await Server.Database.Scalar<long>("select count(*) from identity where account_id = $1", davor.Id)
        );
    }

    [Fact]
    public async Task One_address_begins_and_makes_so_many_and_no_more()
    {
        (string, string)[] limits =
        [
            ("VEZA__PUBLIC_URL", Server.Address),
            ("VEZA__LIMITS__OAUTH__PER_ADDRESS", "3"),
            ("VEZA__LIMITS__REGISTER__PER_ADDRESS", "1"),
        ];
        await using var node = await VezaServer.Start(Server.Premises, [.. stage.Provider.Settings, .. limits]);
        var statuses = new List<int>();
        for (var i = 0; i < 3; i++)
        {
            using var browser = new Browser(node);
            var back = await browser.Consent(await browser.Begin("github"), await stage.Provider.Add("many"));
            statuses.Add(
                (await browser.Fetch(back.Replace(Server.Address, node.Address, StringComparison.Ordinal))).Status
            );
        }

        Assert.Equal([200, 429, 429], statuses);
        (await node.Visitor.Get("/api/v1/auth/oauth/google")).Is(429, "RATE_LIMITED");
    }

    private async Task<Guid> UserOf(string provider, ProviderPerson person)
    {
        using var browser = stage.NewBrowser();
        return (await browser.SignIn(provider, person)).Is(200).Data.GetProperty("user").GetProperty("id").GetGuid();
    }

    private static ProviderPerson AsSubjectOf(ProviderPerson person, ProviderPerson later)
    {
        (later.Google["sub"], later.GitHub["id"], later.Discord["id"]) = (
            person.Google["sub"],
            person.GitHub["id"],
            person.Discord["id"]
        );
        return later with { Name = person.Name };
    }

    private static ProviderPerson WithoutAddress(ProviderPerson person)
    {
        person.Google.Remove("email");
        person.Google.Remove("email_verified");
        person.Discord["email"] = null;
        person.Discord["verified"] = null;
        return person with { GitHubEmails = Array.Empty<object>() };
    }
}

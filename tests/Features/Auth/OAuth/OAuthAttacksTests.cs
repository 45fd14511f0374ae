using System.Text;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth.OAuth;

/// <summary>
/// Attacks on the way from here to the provider and back. None comes to anything, and none spoils the way of who is
/// attacked.
/// </summary>
public sealed class OAuthAttacksTests(OAuthStage stage) : IClassFixture<OAuthStage>
{
    private VezaServer Server => stage.Server;

    public static TheoryData<string> Providers => ["google", "github", "discord"];

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_state_is_good_only_in_the_browser_that_began_and_only_once(string provider)
    {
        var mira = await stage.Provider.Add("mira");
        using var hers = stage.NewBrowser();
        using var thief = stage.NewBrowser();
        var back = await hers.Consent(await hers.Begin(provider), mira);

        // Without a cookie, with one of an attempt of his own, and with hers under another name.
        (await thief.Fetch(back)).Is(400, "OAUTH_STATE_INVALID");
        await thief.Begin(provider);
        (await thief.Fetch(back)).Is(400, "OAUTH_STATE_INVALID");
        var own = thief.Cookies.Single(c => c.Name.StartsWith("veza-oauth-", StringComparison.Ordinal));
        var hersIs = hers.Cookies.Single(c => c.Name.StartsWith("veza-oauth-", StringComparison.Ordinal));
        (await Server.Visitor.Get(back, ("Cookie", $"{hersIs.Name}={own.Value}"))).Is(400, "OAUTH_STATE_INVALID");
        (await Server.Visitor.Get(back, ("Cookie", $"{own.Name}={hersIs.Value}"))).Is(400, "OAUTH_STATE_INVALID");

        // None of it was in her way; and what she used is used.
        (await hers.Fetch(back)).Is(200);
        (await hers.Fetch(back)).Is(400, "OAUTH_STATE_INVALID");
        (await Server.Visitor.Get(back, ("Cookie", $"{hersIs.Name}={hersIs.Value}"))).Is(400, "OAUTH_STATE_INVALID");
    }

    [Fact]
    public async Task A_state_that_is_made_up_missing_late_or_of_another_purpose_is_none()
    {
        var mira = await stage.Provider.Add("mira");
        using var browser = stage.NewBrowser();
        var back = await browser.Consent(await browser.Begin("google"), mira);
        foreach (
            var state in new[]
            {
                null,
                "",
                "x",
                new string('s', 5000),
                back.Parameter("state") + "x",
                "'; drop table ticket; --",
            }
        )
            (await browser.Fetch(back.With("state", state))).Is(400, "OAUTH_STATE_INVALID");
        (await browser.Fetch(back + "&state=" + back.Parameter("state"))).Is(400, "OAUTH_STATE_INVALID");
        await Server.Database.Execute(
            "update ticket set expires_at = now() - interval '1 second' where used_at is null"
        );
        (await browser.Fetch(back)).Is(400, "OAUTH_STATE_INVALID");

        // A code for a page is no state, and a state is no code.
        var code = (await browser.SignInTo("google", mira, Server.Address + "/"))["code=".Length..];
        (await browser.Fetch(back.With("state", code))).Is(400, "OAUTH_STATE_INVALID");
        var state2 = (await browser.Begin("google")).Parameter("state");
        (await browser.Post($"{Server.Address}/api/v1/auth/oauth/exchange", new { code = state2 })).Is(
            401,
            "OAUTH_CODE_INVALID"
        );
    }

    [Fact]
    public async Task A_state_of_one_provider_is_none_of_another()
    {
        var mira = await stage.Provider.Add("mira");
        using var browser = stage.NewBrowser();
        var back = await browser.Consent(await browser.Begin("google"), mira);
        (await browser.Fetch(back.Replace("/google/", "/github/", StringComparison.Ordinal))).Is(
            400,
            "OAUTH_STATE_INVALID"
        );
        (await browser.Fetch(back.Replace("/google/", "/discord/", StringComparison.Ordinal))).Is(
            400,
            "OAUTH_STATE_INVALID"
        );
        (await browser.Fetch(back)).Is(200);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Nobody_is_signed_in_as_a_stranger_by_opening_the_strangers_address(string provider)
    {
        var stranger = await stage.Provider.Add("stranger");
        using var his = stage.NewBrowser();
        using var victims = stage.NewBrowser();
        var bait = await his.Consent(await his.Begin(provider), stranger);
        await victims.Begin(provider);
        var reply = (await victims.Fetch(bait)).Is(400, "OAUTH_STATE_INVALID");
        Assert.Null(reply.Header("Set-Cookie"));

        // Nor by opening the page to which his browser was sent back.
        using var page = stage.NewBrowser();
        var code = (await page.SignInTo(provider, stranger, Server.Address + "/"))["code=".Length..];
        (await victims.Post($"{Server.Address}/api/v1/auth/oauth/exchange", new { code })).Is(
            401,
            "OAUTH_CODE_INVALID"
        );
        (await page.Post($"{Server.Address}/api/v1/auth/oauth/exchange", new { code })).Is(200);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_stolen_code_cannot_be_brought_into_another_attempt_nor_used_again(string provider)
    {
        var mira = await stage.Provider.Add("mira");
        using var hers = stage.NewBrowser();
        using var thief = stage.NewBrowser();
        var back = await hers.Consent(await hers.Begin(provider), mira);
        var stolen = back.Parameter("code");
        var his = await thief.Consent(await thief.Begin(provider), await stage.Provider.Add("thief"));
        (await thief.Fetch(his.With("code", stolen))).Is(400, "OAUTH_CODE_REFUSED");

        using var again = stage.NewBrowser();
        var second = await again.SignIn(provider, mira);
        Assert.True(second.Status == 200, "she is not locked out");
        var later = await again.Consent(await again.Begin(provider), mira);
        (await again.Fetch(later.With("code", stolen))).Is(400, "OAUTH_CODE_REFUSED");
    }

    /// <summary>
    /// The authorization address passes through the browser, where an attacker may change it; the token request does
    /// not.
    /// </summary>
    [Theory]
    [MemberData(nameof(Providers))]
    public async Task The_proof_of_the_code_cannot_be_taken_out_weakened_or_replaced(string provider)
    {
        var mira = await stage.Provider.Add("mira");
        foreach (
            var (name, value) in new (string, string?)[]
            {
                ("code_challenge", null),
                ("code_challenge_method", "plain"),
                ("code_challenge_method", null),
            }
        )
        {
            using var browser = stage.NewBrowser();
            var refused = (await browser.Open((await browser.Begin(provider)).With(name, value)))
                .Is(303)
                .Header("Location")!;
            Assert.Equal(("invalid_request", ""), (refused.Parameter("error"), refused.Parameter("code")));
            (await browser.Fetch(refused)).Is(502, "PROVIDER_UNAVAILABLE");
        }

        using var other = stage.NewBrowser();
        var replaced = (await other.Begin(provider)).With(
            "code_challenge",
            Veza.Features.Auth.OAuth.AttemptProofs.ChallengeOf(new string('v', 43))
        );
        (await other.Fetch(await other.Consent(replaced, mira))).Is(400, "OAUTH_CODE_REFUSED");
    }

    [Fact]
    public async Task Each_code_is_redeemed_with_a_verifier_of_its_own_that_stands_nowhere_else()
    {
        var mira = await stage.Provider.Add("mira");
        var verifiers = new List<string>();
        foreach (var provider in new[] { "google", "github", "discord" })
        {
            using var browser = stage.NewBrowser();
            var begun = await browser.Begin(provider);
            (await browser.Fetch(await browser.Consent(begun, mira))).Is(200);
            var asked = (await stage.Provider.Seen())
                .GetProperty("requests")
                .EnumerateArray()
                .Last(r => r.Text("endpoint") == $"{provider}/token");
            var verifier = asked.GetProperty("body").Text("code_verifier");
            Assert.Equal(
                begun.Parameter("code_challenge"),
                Veza.Features.Auth.OAuth.AttemptProofs.ChallengeOf(verifier)
            );
            Assert.DoesNotContain("secret", asked.Text("url"), StringComparison.OrdinalIgnoreCase);
            verifiers.Add(verifier);
            if (provider == "google")
                verifiers.Add(begun.Parameter("nonce"));
        }

        Assert.Equal(4, verifiers.Distinct().Count());
        await IsNowhere(verifiers);
    }

    [Fact]
    public async Task The_providers_tokens_and_our_secrets_stand_nowhere_in_clear()
    {
        var mira = await stage.Provider.Add("mira");
        foreach (var provider in new[] { "google", "github", "discord" })
        {
            using var browser = stage.NewBrowser();
            var back = await browser.Consent(await browser.Begin(provider), mira);
            (await browser.Fetch(back)).Is(200);
            await IsNowhere([
                back.Parameter("code"),
                back.Parameter("state"),
                .. browser.Cookies.Where(c => c.Name.StartsWith("veza", StringComparison.Ordinal)).Select(c => c.Value),
            ]);
        }

        string[] tokens =
        [
            .. (await stage.Provider.Seen()).GetProperty("tokens").EnumerateArray().Select(t => t.GetString()!),
        ];
        Assert.True(tokens.Length >= 4);
        await IsNowhere([
            .. tokens,
            OAuthProvider.GoogleSecret,
            OAuthProvider.GitHubSecret,
            OAuthProvider.DiscordSecret,
        ]);
        Assert.Equal(
            3,
            await Server.Database.Scalar<long>(
                "select count(*) from identity where email = $1 and octet_length(sealed_tokens) > 60",
                mira.Email
            )
        );
    }

    [Theory]
    [InlineData("access_denied", 403, "OAUTH_ACCESS_DENIED")]
    [InlineData("server_error", 502, "PROVIDER_UNAVAILABLE")]
    [InlineData("invalid_scope", 502, "PROVIDER_UNAVAILABLE")]
    [InlineData("<script>alert(1)</script>\r\nforged line", 502, "PROVIDER_UNAVAILABLE")]
    public async Task What_the_provider_says_is_told_in_our_words_only(string error, int status, string code)
    {
        const string planted = "<img src=x onerror=alert(2)>\r\n2026-01-01T00:00:00.000Z forged line";
        using var browser = stage.NewBrowser();
        var back =
            $"{Server.Address}/api/v1/auth/oauth/google/callback?state={(await browser.Begin("google")).Parameter("state")}";
        var reply = await browser.Fetch(
            $"{back}&error={Uri.EscapeDataString(error)}&error_description={Uri.EscapeDataString(planted)}&error_uri=https://evil.example"
        );
        reply.Is(status, code);
        Assert.DoesNotContain("evil", reply.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("script", reply.Text + Server.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("onerror", reply.Text + Server.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("forged", reply.Text + Server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_says_no_at_the_provider_is_told_so_on_the_page()
    {
        var mira = await stage.Provider.Add("mira");
        using var browser = stage.NewBrowser();
        var begun = await browser.Open(
            $"{Server.Address}/api/v1/auth/oauth/github?return_to=https://app.example.org/in"
        );
        var back = await browser.Consent(begun.Header("Location")!, mira, ("error", "access_denied"));
        Assert.Equal(
            "https://app.example.org/in#error=OAUTH_ACCESS_DENIED",
            (await browser.Open(back)).Is(302).Header("Location")
        );
        // Without a state of this browser there is no page to go to, whatever else the address says.
        (
            await browser.Fetch(
                $"{Server.Address}/api/v1/auth/oauth/github/callback?error=access_denied&return_to=https://evil.example"
            )
        ).Is(400, "OAUTH_STATE_INVALID");
    }

    private async Task IsNowhere(IReadOnlyCollection<string> secrets)
    {
        Assert.NotEmpty(secrets);
        var tables = await Server.Database.Column(
            "select quote_ident(tablename) from pg_tables where schemaname = 'public'"
        );
        Assert.Contains("ticket", tables);
        var rows = 0;
        foreach (var table in tables)
        {
            var stored = string.Join('\n', await Server.Database.Column($"select t::text from {table} t"));
            rows += stored.Length;
            foreach (var secret in secrets)
                AssertAbsent(secret, stored, table);
        }

        Assert.True(rows > 1000);
        foreach (var secret in secrets)
            AssertAbsent(secret, Server.Log, "the log");
    }

    private static void AssertAbsent(string secret, string text, string where)
    {
        Assert.True(secret.Length >= 20);
        foreach (var form in new[] { secret, Convert.ToHexStringLower(Encoding.UTF8.GetBytes(secret)) })
            Assert.False(text.Contains(form, StringComparison.Ordinal), $"a secret stands in {where}");
    }
}

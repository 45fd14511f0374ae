using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth.OAuth;

/// <summary>
/// Providers that are broken, slow, or not who answers. The server waits a few seconds, reads a little, goes nowhere
/// else, and says so.
/// </summary>
public sealed class OAuthFaultsTests(OAuthStage stage) : IClassFixture<OAuthStage>
{
    public static TheoryData<string> Endpoints =>
        ["google/token", "github/token", "github/user", "github/emails", "discord/token", "discord/user"];

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task An_answer_that_is_none_is_told_and_leaves_nothing(string endpoint)
    {
        foreach (var kind in new[] { "oversized", "redirecting", "html", "nested", "failing", "cut" })
        {
            var mira = await stage.Provider.Add("mira");
            var reply = await SignIn(endpoint, kind, mira);
            reply.Is(502, "PROVIDER_UNAVAILABLE");
            Assert.Equal("5", reply.Header("Retry-After"));
            Assert.Equal(
                0,
                await stage.Server.Database.Scalar<long>("select count(*) from account where email = $1", mira.Email)
            );
        }

        Assert.DoesNotContain(
            (await stage.Provider.Seen()).GetProperty("requests").EnumerateArray(),
            r => r.Text("endpoint") == "trap"
        );
        Assert.DoesNotContain("hotel", stage.Server.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("google/token", 502)]
    [InlineData("github/token", 502)]
    [InlineData("github/user", 502)]
    [InlineData("github/emails", 422)]
    [InlineData("discord/token", 502)]
    [InlineData("discord/user", 502)]
    public async Task An_answer_of_another_shape_is_not_believed(string endpoint, int status) =>
        (await SignIn(endpoint, "wrong_type", await stage.Provider.Add("mira"))).Is(
            status,
            status == 422 ? "PROVIDER_EMAIL_UNVERIFIED" : "PROVIDER_ANSWER_INVALID"
        );

    [Theory]
    [InlineData("google/token", "silent")]
    [InlineData("discord/user", "dripping")]
    public async Task Nobody_waits_for_a_provider_that_never_comes_to_an_end(string endpoint, string kind)
    {
        (await SignIn(endpoint, kind, await stage.Provider.Add("mira"))).Is(502, "PROVIDER_UNAVAILABLE");
        await Eventually.True(
            "the log says so",
            () => Task.FromResult(stage.Server.Log.Contains("gave no whole answer in 5 s", StringComparison.Ordinal))
        );
    }

    [Fact]
    public async Task A_provider_that_is_away_at_first_is_asked_again()
    {
        await using var fresh = new OAuthStage();
        await fresh.InitializeAsync();
        foreach (var kind in new[] { "failing", "redirecting", "wrong_type" })
        {
            await fresh.Provider.Misbehave("google/discovery", kind);
            await Eventually.True(
                $"a discovery document that is {kind} is told",
                async () =>
                    (await fresh.Server.Visitor.Get("/api/v1/auth/oauth/google")).ErrorCode
                    == (kind == "wrong_type" ? "PROVIDER_ANSWER_INVALID" : "PROVIDER_UNAVAILABLE")
            );
        }

        await fresh.Provider.Misbehave("google/discovery", null);
        await Eventually.True(
            "it is asked again",
            async () => (await fresh.Server.Visitor.Get("/api/v1/auth/oauth/google")).Status == 200
        );
        await fresh.Provider.Misbehave("google/jwks", "html");
        var mira = await fresh.Provider.Add("mira");
        using var browser = fresh.NewBrowser();
        (await browser.SignIn("google", mira)).Is(502, "PROVIDER_UNAVAILABLE");
        await fresh.Provider.Misbehave("google/jwks", null);
        await Eventually.True(
            "the keys are asked for again",
            async () =>
            {
                using var later = fresh.NewBrowser();
                return (await later.SignIn("google", mira)).Status == 200;
            }
        );

        // What was read once serves on while the provider is away.
        await fresh.Provider.Misbehave("google/discovery", "failing");
        await fresh.Provider.Misbehave("google/jwks", "failing");
        using var last = fresh.NewBrowser();
        (await last.SignIn("google", mira)).Is(200);
    }

    [Fact]
    public async Task Secrets_that_the_provider_does_not_know_are_told_to_the_operator()
    {
        (string, string)[] wrong =
        [
            ("VEZA__OAUTH__GITHUB__CLIENT_SECRET", "not-the-secret"),
            ("VEZA__OAUTH__GOOGLE__CLIENT_SECRET", "not-the-secret"),
        ];
        await using var node = await VezaServer.Start(
            stage.Server.Premises,
            [.. stage.Provider.Settings, ("VEZA__PUBLIC_URL", stage.Server.Address), .. wrong]
        );
        foreach (var provider in new[] { "github", "google" })
        {
            using var browser = new Browser(node);
            var back = await browser.Consent(await browser.Begin(provider), await stage.Provider.Add("mira"));
            // Cookies know no ports: the browser brings them to this node as well.
            (await browser.Fetch(back.Replace(stage.Server.Address, node.Address, StringComparison.Ordinal))).Is(
                502,
                "PROVIDER_UNAVAILABLE"
            );
            var told = $"Sign-in with {provider}: the provider does not know our client id and secret";
            await Eventually.True(
                "the log names the cause",
                () => Task.FromResult(node.Log.Contains(told, StringComparison.Ordinal))
            );
        }

        Assert.DoesNotContain("not-the-secret", node.Log, StringComparison.Ordinal);
    }

    private async Task<Reply> SignIn(string endpoint, string kind, ProviderPerson person)
    {
        var provider = endpoint.Split('/')[0];
        using var browser = stage.NewBrowser();
        var back = await browser.Consent(await browser.Begin(provider), person);
        await stage.Provider.Misbehave(endpoint, kind);
        try
        {
            return await browser.Fetch(back);
        }
        finally
        {
            await stage.Provider.Misbehave(endpoint, null);
        }
    }
}

using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth.OAuth;

/// <summary>How a sign-in begins in a browser, and how a page takes over at its end.</summary>
public sealed class OAuthPagesTests(Shared<OAuthStage> shared) : IClassFixture<Shared<OAuthStage>>
{
    private readonly OAuthStage stage = shared.It;
    private VezaServer Server => stage.Server;

    private string Exchange => $"{Server.Address}/api/v1/auth/oauth/exchange";

    [Fact]
    public async Task A_page_gets_a_code_that_its_browser_turns_into_tokens_once()
    {
        var mira = await stage.Provider.Add("mira");
        using var browser = stage.NewBrowser();
        var end = await browser.SignInTo("google", mira, $"{Server.Address}/welcome?lang=hr");
        Assert.StartsWith("code=", end, StringComparison.Ordinal);
        var code = end["code=".Length..];
        Assert.Equal(
            0,
            await Server.Database.Scalar<long>(
                "select count(*) from session s join account a on a.id = account_id where email = $1",
                mira.Email
            )
        );
        var user = (await browser.Post(Exchange, new { code })).Is(200).Data.GetProperty("user");
        Assert.Equal(mira.Email, user.Text("email"));
        (await browser.Post(Exchange, new { code })).Is(401, "OAUTH_CODE_INVALID");
    }

    [Fact]
    public async Task A_page_of_another_origin_proves_itself_by_its_own_verifier()
    {
        var mira = await stage.Provider.Add("mira");
        const string verifier = "a-verifier-that-only-this-page-of-ours-knows-00",
            challenge = "L6SzuLmhQ2r-Q7gJz2Nv86mLzxkf2xkZKyBkFd1pFfs";
        Assert.Equal(challenge, Veza.Features.Auth.OAuth.AttemptProofs.ChallengeOf(verifier));
        using var browser = stage.NewBrowser();
        var code = (await browser.SignInTo("github", mira, "https://app.example.org/in", challenge))["code=".Length..];
        using var elsewhere = stage.NewBrowser();
        (await elsewhere.Post(Exchange, new { code })).Is(401, "OAUTH_CODE_INVALID");
        (await browser.Post(Exchange, new { code, code_verifier = verifier + "1" })).Is(401, "OAUTH_CODE_INVALID");
        (await elsewhere.Post(Exchange, new { code, code_verifier = verifier })).Is(200);
    }

    [Fact]
    public async Task A_browser_is_sent_and_a_client_is_told()
    {
        using var browser = stage.NewBrowser();
        var sent = (await browser.Open($"{Server.Address}/api/v1/auth/oauth/github")).Is(302);
        Assert.Equal(("no-store", "no-referrer"), (sent.Header("Cache-Control"), sent.Header("Referrer-Policy")));
        var address = sent.Header("Location")!;
        Assert.StartsWith($"{stage.Provider.Address}/github/login/oauth/authorize?", address, StringComparison.Ordinal);
        Assert.Equal(
            ("S256", "github-client", "user:email", $"{Server.Address}/api/v1/auth/oauth/github/callback"),
            (
                address.Parameter("code_challenge_method"),
                address.Parameter("client_id"),
                address.Parameter("scope"),
                address.Parameter("redirect_uri")
            )
        );
        Assert.Equal((43, 43), (address.Parameter("state").Length, address.Parameter("code_challenge").Length));
        Assert.Matches(
            "^veza-oauth-[0-9a-f]{16}=[A-Za-z0-9_-]{43}; max-age=600; path=/; samesite=lax; httponly$",
            sent.Header("Set-Cookie")
        );
        var told = (await browser.Fetch($"{Server.Address}/api/v1/auth/oauth/google")).Is(200);
        Assert.Equal(43, told.Data.Text("authorization_url").Parameter("nonce").Length);
        Assert.Equal("no-store", told.Header("Cache-Control"));
    }

    [Fact]
    public async Task Under_https_the_cookie_is_secure_and_of_this_host_alone()
    {
        await using var node = await VezaServer.Start(
            stage.Server.Premises,
            [.. stage.Provider.Settings, ("VEZA__PUBLIC_URL", "https://music.example.org")]
        );
        var told = (await node.Visitor.Get("/api/v1/auth/oauth/discord")).Is(200);
        Assert.Matches(
            "^__Host-veza-oauth-[0-9a-f]{16}=[A-Za-z0-9_-]{43}; max-age=600; path=/; secure; samesite=lax; httponly$",
            told.Header("Set-Cookie")
        );
        Assert.Equal(
            "https://music.example.org/api/v1/auth/oauth/discord/callback",
            told.Data.Text("authorization_url").Parameter("redirect_uri")
        );
    }

    [Fact]
    public async Task A_provider_that_is_not_registered_is_none()
    {
        await using var node = await VezaServer.Start(
            stage.Server.Premises,
            ("VEZA__OAUTH__GITHUB__CLIENT_ID", "x"),
            ("VEZA__OAUTH__GITHUB__CLIENT_SECRET", "y")
        );
        (await node.Visitor.Get("/api/v1/auth/oauth/google")).Is(404, "PROVIDER_NOT_CONFIGURED");
        (await node.Visitor.Get("/api/v1/auth/oauth/google/callback?code=x&state=y")).Is(
            404,
            "PROVIDER_NOT_CONFIGURED"
        );
        (await node.Visitor.Get("/api/v1/auth/oauth/gitlab")).Is(404, "PROVIDER_NOT_CONFIGURED");
        Assert.StartsWith(
            "https://github.com/login/oauth/authorize?",
            (await node.Visitor.Get("/api/v1/auth/oauth/github")).Is(200).Data.Text("authorization_url"),
            StringComparison.Ordinal
        );
    }
}

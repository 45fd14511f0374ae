using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth.OAuth;

/// <summary>Where browsers are sent, by the provider and by us: to registered addresses and nowhere else.</summary>
public sealed class OAuthAddressesTests(Shared<OAuthStage> shared) : IClassFixture<Shared<OAuthStage>>
{
    private readonly OAuthStage stage = shared.It;
    private VezaServer Server => stage.Server;

    [Theory]
    [InlineData("//evil.example")]
    [InlineData("https://evil.example")]
    [InlineData("https://app.example.org.evil.example")]
    [InlineData("https://app.example.org@evil.example")]
    [InlineData("https://app.example.org:pass@evil.example/")]
    [InlineData("https://app.example.org\\@evil.example")]
    [InlineData("https://app.example.org\\.evil.example")]
    [InlineData("https://app.example.org:8443/")]
    [InlineData("https:app.example.org")]
    [InlineData("http://app.example.org/")]
    [InlineData("HTTPS://APP.EXAMPLE.ORG.EVIL/")]
    [InlineData("/\\evil.example")]
    [InlineData("/welcome")]
    [InlineData("javascript:alert(1)")]
    [InlineData("data:text/html,x")]
    [InlineData("https://app.example.org/#fragment")]
    [InlineData("https://app.example.org/\r\nSet-Cookie: a=b")]
    [InlineData("https://app.example.org/\t")]
    [InlineData(" https://app.example.org/")]
    [InlineData("https://app.example.org/\u2025")]
    [InlineData("")]
    public async Task Browsers_are_sent_nowhere_else(string page)
    {
        using var browser = stage.NewBrowser();
        var reply = await browser.Open(
            $"{Server.Address}/api/v1/auth/oauth/google?return_to={Uri.EscapeDataString(page)}"
        );
        Assert.Equal(["return_to NOT_ALLOWED"], reply.Is(422, "VALIDATION_ERROR").FieldErrors);
        var mira = await Server.Register("mira");
        Assert.Equal(
            ["return_to NOT_ALLOWED"],
            (await mira.Post("/api/v1/auth/identities/google", new { return_to = page }))
                .Is(422, "VALIDATION_ERROR")
                .FieldErrors
        );
    }

    [Fact]
    public async Task Nor_from_a_prefix_of_our_own_address()
    {
        using var browser = stage.NewBrowser();
        foreach (
            var page in new[]
            {
                Server.Address + ".evil.example/",
                Server.Address + "@evil.example/",
                Server.Address + "0/",
                Server.Address + "\\evil",
            }
        )
            (
                await browser.Open($"{Server.Address}/api/v1/auth/oauth/google?return_to={Uri.EscapeDataString(page)}")
            ).Is(422, "VALIDATION_ERROR");
        (
            await browser.Open(
                $"{Server.Address}/api/v1/auth/oauth/google?return_to={Uri.EscapeDataString(Server.Address + "/here?x=//evil.example")}"
            )
        ).Is(302);
        (await browser.Open($"{Server.Address}/api/v1/auth/oauth/google?return_to=https://app.example.org")).Is(302);
    }

    [Theory]
    [InlineData("Host", "evil.example")]
    [InlineData("X-Forwarded-Host", "evil.example")]
    [InlineData("Forwarded", "host=evil.example;proto=https")]
    [InlineData("X-Original-Host", "evil.example")]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Referer", "https://evil.example/")]
    public async Task What_a_request_says_of_its_host_changes_no_address(string header, string value)
    {
        using var browser = stage.NewBrowser();
        foreach (var provider in new[] { "google", "github", "discord" })
        {
            var address = (await browser.Fetch($"{Server.Address}/api/v1/auth/oauth/{provider}", (header, value)))
                .Is(200)
                .Data.Text("authorization_url");
            Assert.Equal($"{Server.Address}/api/v1/auth/oauth/{provider}/callback", address.Parameter("redirect_uri"));
            Assert.DoesNotContain("evil", address, StringComparison.Ordinal);
        }
    }
}

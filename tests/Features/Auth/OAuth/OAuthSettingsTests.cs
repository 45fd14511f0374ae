using Veza.Features.Auth.OAuth;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth.OAuth;

/// <summary>Half a registration with a provider is a fault that says what is missing.</summary>
public sealed class OAuthSettingsTests
{
    [Theory]
    [InlineData(
        "VEZA__OAUTH__GOOGLE__CLIENT_ID",
        "x",
        "VEZA__OAUTH__GOOGLE__CLIENT_SECRET: is not set though a client id is; copy the client secret from"
    )]
    [InlineData(
        "VEZA__OAUTH__GITHUB__CLIENT_SECRET",
        "hidden-word",
        "VEZA__OAUTH__GITHUB__CLIENT_ID: is not set though a secret is; copy the client id from the "
            + "application's page at github.com"
    )]
    [InlineData(
        "VEZA__OAUTH__DISCORD__CLIENT_SECRET_FILE",
        "/nowhere/secret",
        "VEZA__OAUTH__DISCORD__CLIENT_SECRET_FILE: the file '/nowhere/secret' does not exist"
    )]
    [InlineData(
        "VEZA__OAUTH__GOOGLE__ISSUER",
        "http://accounts.example.org",
        "VEZA__OAUTH__GOOGLE__ISSUER: is not an https URL without query and user; the default is "
            + "https://accounts.google.com"
    )]
    [InlineData("VEZA__OAUTH__GITHUB__URL", "git.example.org", "VEZA__OAUTH__GITHUB__URL: is not an https URL")]
    [InlineData(
        "VEZA__OAUTH__GITHUB__API_URL",
        "https://a:hidden-word@git.example.org",
        "VEZA__OAUTH__GITHUB__API_URL: is not an https URL"
    )]
    [InlineData(
        "VEZA__OAUTH__DISCORD__URL",
        "https://discord.example?x=1",
        "VEZA__OAUTH__DISCORD__URL: is not an https URL"
    )]
    public async Task A_fault_says_what_to_do(string name, string value, string told)
    {
        var run = await VezaProgram.Run(
            ["check-config"],
            new Dictionary<string, string?>
            {
                ["VEZA__POSTGRES"] = "Host=127.0.0.1",
                ["VEZA__REDIS"] = "127.0.0.1",
                ["VEZA__STORAGE"] = TestRun.Folder,
                [name] = value,
            }
        );
        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith(
            $"veza: {told}",
            Assert.Single(run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)),
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("hidden-word", run.Errors + run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_GitHub_of_ones_own_has_its_API_at_its_own_address()
    {
        var settings = StatedSettings.Read(
            ("VEZA__OAUTH__GITHUB__CLIENT_ID", "x"),
            ("VEZA__OAUTH__GITHUB__CLIENT_SECRET", "hidden-word"),
            ("VEZA__OAUTH__GITHUB__URL", "https://git.example.org/")
        );
        Assert.Equal("https://git.example.org/api/v3", settings.Of<OAuthSettings>().GitHub!.ApiUrl.OriginalString);
        Assert.Null(settings.Of<OAuthSettings>().Google);
        Assert.DoesNotContain("hidden-word", settings.Of<OAuthSettings>().ToString(), StringComparison.Ordinal);
    }
}

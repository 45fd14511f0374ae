using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth.OAuth;

/// <summary>
/// ID tokens that are not Google's answer to our question. Each is refused for its own fault, which the log names.
/// </summary>
public sealed class OAuthIdTokenTests(OAuthStage stage) : IClassFixture<OAuthStage>
{
    public static TheoryData<string, string, string> Forgeries =>
        new()
        {
            { "without a signature", """{"alg":"none"}""", "is not signed with RS256" },
            { "without one, spelled otherwise", """{"alg":"nOnE"}""", "is not signed with RS256" },
            { "signed with our client secret", """{"alg":"HS256"}""", "is not signed with RS256" },
            {
                "signed with the public key as a secret",
                """{"alg":"HS256","key":"public"}""",
                "is not signed with RS256"
            },
            {
                "said to be RS256 but of another family",
                """{"alg":"HS256","header":{"alg":"RS256"}}""",
                "has a wrong signature"
            },
            { "signed by somebody else", """{"key":"foreign"}""", "has a wrong signature" },
            {
                "signed by the key that it brings along",
                """{"key":"foreign","embed_key":true}""",
                "has a wrong signature"
            },
            {
                "signed by a key that nobody knows",
                """{"key":"foreign","header":{"kid":"mine"}}""",
                "is signed with a key that is not the issuer's"
            },
            {
                "with a key elsewhere",
                """{"key":"foreign","header":{"kid":"mine","jku":"https://evil.example/jwks"}}""",
                "is signed with a key that is not the issuer's"
            },
            { "without a key's name", """{"header":{"kid":null}}""", "names no key" },
            { "with an extension to be understood", """{"header":{"crit":["exp"]}}""", "is another kind of token" },
            { "that is an access token", """{"header":{"typ":"at+jwt"}}""", "is another kind of token" },
            { "for another application", """{"claims":{"aud":"other-client"}}""", "is for somebody else (aud)" },
            {
                "for several without saying who asked",
                """{"claims":{"aud":["google-client","other-client"],"azp":null}}""",
                "was asked for by somebody else (azp)"
            },
            { "asked for by another", """{"claims":{"azp":"other-client"}}""", "was asked for by somebody else (azp)" },
            { "for nobody", """{"claims":{"aud":null}}""", "has no audience (aud)" },
            { "for a number", """{"claims":{"aud":7}}""", "is for somebody else (aud)" },
            { "of another issuer", """{"claims":{"iss":"https://evil.example"}}""", "is of another issuer (iss)" },
            { "of no issuer", """{"claims":{"iss":null}}""", "is of another issuer (iss)" },
            { "that has expired", """{"times":{"exp":-120}}""", "has expired (exp)" },
            { "that never expires", """{"claims":{"exp":null}}""", "has expired (exp)" },
            { "whose expiry is a text", """{"claims":{"exp":"9999999999"}}""", "has expired (exp)" },
            { "of the future", """{"times":{"iat":3600}}""", "is of the future (iat)" },
            { "that is not yet valid", """{"times":{"nbf":3600}}""", "is not yet valid (nbf)" },
            { "for another request", """{"claims":{"nonce":"another"}}""", "answers another request (nonce)" },
            { "for no request", """{"claims":{"nonce":null}}""", "answers another request (nonce)" },
            {
                "of another access token",
                """{"claims":{"at_hash":"AAAAAAAAAAAAAAAAAAAAAA"}}""",
                "is not of this access token (at_hash)"
            },
            { "whose subject is a number", """{"claims":{"sub":110000}}""", "names nobody (sub)" },
            { "without a subject", """{"claims":{"sub":null}}""", "names nobody (sub)" },
            { "with two subjects", """{"twice":"1"}""", "holds no sound JSON" },
            { "that is no token", """{"text":"a.b"}""", "does not have the form of a token" },
            { "that is not there", """{"text":""}""", "does not have the form of a token" },
            { "of five parts", """{"text":"a.b.c.d.e"}""", "does not have the form of a token" },
        };

    [Theory]
    [MemberData(nameof(Forgeries))]
    public async Task A_token_is_refused(string what, string forgery, string reason)
    {
        var mira = await stage.Provider.Add("mira");
        using var browser = stage.NewBrowser();
        var back = await browser.Consent(await browser.Begin("google"), mira);
        await stage.Provider.Forge(System.Text.Json.JsonElement.Parse(forgery));
        var lines = stage.Server.Log.Length;
        (await browser.Fetch(back)).Is(502, "PROVIDER_ANSWER_INVALID");
        await Eventually.True(
            $"the log says why a token {what} was refused",
            () =>
                Task.FromResult(stage.Server.Log[lines..].Contains($"the ID token {reason}", StringComparison.Ordinal))
        );
        Assert.Equal(
            0,
            await stage.Server.Database.Scalar<long>("select count(*) from account where email = $1", mira.Email)
        );
    }

    /// <summary>So that the others are refused for what was changed, and not for having been changed.</summary>
    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"claims":{"aud":["google-client"]}}""")]
    [InlineData("""{"claims":{"aud":["other-client","google-client"],"azp":"google-client"}}""")]
    [InlineData("""{"claims":{"at_hash":null}}""")]
    [InlineData("""{"times":{"exp":5,"iat":30,"nbf":-5}}""")]
    [InlineData("""{"header":{"typ":"jwt"}}""")]
    public async Task A_token_that_says_nothing_wrong_is_taken(string forgery)
    {
        var mira = await stage.Provider.Add("mira");
        using var browser = stage.NewBrowser();
        var back = await browser.Consent(await browser.Begin("google"), mira);
        await stage.Provider.Forge(System.Text.Json.JsonElement.Parse(forgery));
        (await browser.Fetch(back)).Is(200);
    }

    [Fact]
    public async Task A_nonce_that_was_changed_on_the_way_is_noticed()
    {
        var mira = await stage.Provider.Add("mira");
        using var browser = stage.NewBrowser();
        var back = await browser.Consent((await browser.Begin("google")).With("nonce", "mine"), mira);
        (await browser.Fetch(back)).Is(502, "PROVIDER_ANSWER_INVALID");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("https://evil.example")]
    public async Task An_answer_that_names_another_issuer_is_not_redeemed(string? issuer)
    {
        var mira = await stage.Provider.Add("mira");
        using var browser = stage.NewBrowser();
        var back = await browser.Consent(await browser.Begin("google"), mira);
        var asked = (await stage.Provider.Seen()).GetProperty("requests").GetArrayLength();
        (await browser.Fetch(back.With("iss", issuer))).Is(502, "PROVIDER_ANSWER_INVALID");
        Assert.DoesNotContain(
            (await stage.Provider.Seen()).GetProperty("requests").EnumerateArray().Skip(asked),
            r => r.Text("endpoint") == "google/token"
        );
    }
}

using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth.OAuth;

/// <summary>Linking and unlinking accounts elsewhere while signed in.</summary>
public sealed class OAuthIdentitiesTests(Shared<OAuthStage> shared) : IClassFixture<Shared<OAuthStage>>
{
    private readonly OAuthStage stage = shared.It;
    private const string Identities = "/api/v1/auth/identities";

    private VezaServer Server => stage.Server;

    [Theory]
    [InlineData("google")]
    [InlineData("github")]
    [InlineData("discord")]
    public async Task Somebody_links_another_address_and_signs_in_by_it(string provider)
    {
        var mira = await stage.Register("mira");
        var there = await stage.Provider.Add("mira", verified: false);
        (await stage.Link(mira, provider, there)).Is(200);
        var linked = Assert.Single((await mira.Get(Identities)).Is(200).Data.EnumerateArray());
        Assert.Equal(
            (provider, there.Email, false),
            (linked.Text("provider"), linked.Text("email"), linked.GetProperty("email_verified").GetBoolean())
        );
        using var browser = stage.NewBrowser();
        Assert.Equal(
            mira.Id,
            (await browser.SignIn(provider, there)).Is(200).Data.GetProperty("user").GetProperty("id").GetGuid()
        );
        // Twice is once.
        (await stage.Link(mira, provider, there)).Is(200);
        Assert.Single((await mira.Get(Identities)).Is(200).Data.EnumerateArray());

        Assert.Equal("Unlinked", (await mira.Delete($"{Identities}/{linked.Text("id")}")).Is(200).Json.Text("message"));
        using var later = stage.NewBrowser();
        (await later.SignIn(provider, there)).Is(422, "PROVIDER_EMAIL_UNVERIFIED");
        Assert.Equal(
            ["identity.linked", "identity.unlinked"],
            await Server.Database.Column(
                "select action from audit_event where account_id = $1 and action like 'identity.%' order by at",
                mira.Id
            )
        );
    }

    [Fact]
    public async Task From_a_page_it_goes_back_to_the_page()
    {
        var mira = await stage.Register("mira");
        using var browser = stage.NewBrowser();
        var begun = await browser.Post(
            $"{Server.Address}{Identities}/github",
            new { return_to = "https://app.example.org/settings" },
            ("Authorization", $"Bearer {mira.AccessToken}")
        );
        var back = await browser.Consent(
            begun.Is(200).Data.Text("authorization_url"),
            await stage.Provider.Add("mira")
        );
        Assert.Equal(
            "https://app.example.org/settings#linked=github",
            (await browser.Open(back)).Is(302).Header("Location")
        );
    }

    [Fact]
    public async Task What_is_somebody_elses_stays_theirs()
    {
        var mira = await stage.Register("mira");
        var thief = await stage.Register("thief");
        var hers = await stage.Provider.Add("mira");
        (await stage.Link(mira, "google", hers)).Is(200);
        (await stage.Link(thief, "google", hers)).Is(409, "IDENTITY_TAKEN");
        using var browser = stage.NewBrowser();
        Assert.Equal(
            mira.Id,
            (await browser.SignIn("google", hers)).Is(200).Data.GetProperty("user").GetProperty("id").GetGuid()
        );

        var identity = (await mira.Get(Identities)).Data[0].Text("id");
        (await thief.Delete($"{Identities}/{identity}")).Is(404, "IDENTITY_NOT_FOUND");
        (await thief.Delete($"{Identities}/{Guid.CreateVersion7()}")).Is(404, "IDENTITY_NOT_FOUND");
        (await thief.Delete($"{Identities}/google")).Is(422, "VALIDATION_ERROR");
        Assert.Empty((await thief.Get(Identities)).Is(200).Data.EnumerateArray());
        Assert.Single((await mira.Get(Identities)).Is(200).Data.EnumerateArray());
    }

    [Fact]
    public async Task Without_a_session_that_proved_itself_moments_ago_nothing_is_linked_or_unlinked()
    {
        (await Server.Visitor.Post($"{Identities}/google")).Is(401, "UNAUTHENTICATED");
        (await Server.Visitor.Get(Identities)).Is(401, "UNAUTHENTICATED");
        (await Server.Visitor.Delete($"{Identities}/{Guid.CreateVersion7()}")).Is(401, "UNAUTHENTICATED");
        var mira = await stage.Register("mira");
        (await stage.Link(mira, "github", await stage.Provider.Add("mira"))).Is(200);
        var identity = (await mira.Get(Identities)).Data[0].Text("id");
        await Server.Database.Execute(
            "update session set authenticated_at = now() - interval '16 minutes' where account_id = $1",
            mira.Id
        );
        mira.Take((await mira.Refresh()).Is(200).Data);
        (await mira.Post($"{Identities}/google")).Is(403, "STEP_UP_REQUIRED");
        (await mira.Delete($"{Identities}/{identity}")).Is(403, "STEP_UP_REQUIRED");
        (await mira.Get(Identities)).Is(200);
        (await mira.Post($"{Identities}/gitlab")).Is(403, "STEP_UP_REQUIRED");
    }

    [Fact]
    public async Task A_session_that_ended_on_the_way_links_nothing()
    {
        var mira = await stage.Register("mira");
        using var browser = stage.NewBrowser();
        var begun = await browser.Post(
            $"{Server.Address}{Identities}/google",
            new { },
            ("Authorization", $"Bearer {mira.AccessToken}")
        );
        var back = await browser.Consent(
            begun.Is(200).Data.Text("authorization_url"),
            await stage.Provider.Add("mira")
        );
        (await mira.Post("/api/v1/auth/logout", new { scope = "all" })).Is(200);
        (await browser.Fetch(back)).Is(401, "SESSION_ENDED");
        Assert.Equal(
            0,
            await Server.Database.Scalar<long>("select count(*) from identity where account_id = $1", mira.Id)
        );
    }

    [Fact]
    public async Task Nobody_is_made_to_link_their_account_to_a_strangers()
    {
        // The stranger begins to link, and gets the victim to consent in the victim's own browser.
        var stranger = await stage.Register("stranger");
        var victim = await stage.Provider.Add("victim");
        using var his = stage.NewBrowser();
        using var victims = stage.NewBrowser();
        var begun = await his.Post(
            $"{Server.Address}{Identities}/google",
            new { },
            ("Authorization", $"Bearer {stranger.AccessToken}")
        );
        var back = await victims.Consent(begun.Is(200).Data.Text("authorization_url"), victim);
        (await victims.Fetch(back)).Is(400, "OAUTH_STATE_INVALID");
        Assert.Empty((await stranger.Get(Identities)).Is(200).Data.EnumerateArray());
    }

    [Fact]
    public async Task The_last_way_in_stays()
    {
        var mira = await NewcomerBy("google");
        var google = (await mira.Get(Identities)).Data[0].Text("id");
        (await mira.Delete($"{Identities}/{google}")).Is(409, "LAST_WAY_IN");
        await Server.Database.Execute(
            "insert into passkey (id, account_id, credential_id, public_key, algorithm, name) values ($1, $2, "
                + "'\\x01', '\\x02', -7, 'key')",
            Guid.CreateVersion7(),
            mira.Id
        );
        (await mira.Delete($"{Identities}/{google}")).Is(200);
        (await mira.Delete($"{Identities}/{google}")).Is(404, "IDENTITY_NOT_FOUND");
    }

    [Fact]
    public async Task Of_two_that_are_removed_at_once_one_stays()
    {
        for (var round = 0; round < 5; round++)
        {
            var mira = await NewcomerBy("discord");
            (await stage.Link(mira, "github", await stage.Provider.Add("mira"))).Is(200);
            string[] ids = [.. (await mira.Get(Identities)).Data.EnumerateArray().Select(i => i.Text("id"))];
            Assert.Equal(2, ids.Length);
            var replies = await Task.WhenAll(ids.Select(id => mira.Delete($"{Identities}/{id}")));
            Assert.Equal([200, 409], replies.Select(r => r.Status).Order());
            Assert.Single((await mira.Get(Identities)).Data.EnumerateArray());
        }
    }

    /// <summary>Somebody whose account has no password: they came by a provider.</summary>
    private async Task<Actor> NewcomerBy(string provider)
    {
        using var browser = stage.NewBrowser();
        return Actor.Of(Server, (await browser.SignIn(provider, await stage.Provider.Add("newcomer"))).Is(200).Data);
    }
}

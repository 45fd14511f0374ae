namespace Veza.Tests.Harness;

/// <summary>The providers, and a server that is registered with all three.</summary>
public sealed class OAuthStage : IAsyncLifetime
{
    internal OAuthProvider Provider { get; private set; } = null!;

    internal VezaServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Provider = await OAuthProvider.Start();
        Server = await VezaServer.Start([.. Provider.Settings, ("VEZA__HTTP__ORIGINS", "https://app.example.org")]);
        await Provider.Register(Server.Address);
    }

    internal Browser NewBrowser() => new(Server);

    /// <summary>The account of somebody with a password, whose address is verified or not.</summary>
    internal async Task<Actor> Register(string name, bool verified = true)
    {
        var actor = await Actor.Register(Server, name);
        if (verified)
            await Server.Database.Execute("update account set email_verified_at = now() where id = $1", actor.Id);
        return actor;
    }

    /// <summary>Links a person's account at a provider, as its owner does it; the answer to the way back.</summary>
    internal async Task<Reply> Link(Actor actor, string provider, ProviderPerson person)
    {
        using var browser = NewBrowser();
        var begun = await browser.Post(
            $"{Server.Address}/api/v1/auth/identities/{provider}",
            new { },
            ("Authorization", $"Bearer {actor.AccessToken}")
        );
        return await browser.Fetch(await browser.Consent(begun.Is(200).Data.Text("authorization_url"), person));
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Provider.DisposeAsync();
    }
}

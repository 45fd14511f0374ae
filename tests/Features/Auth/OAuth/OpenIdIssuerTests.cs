using Veza.Features.Auth;
using Veza.Features.Auth.OAuth;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth.OAuth;

/// <summary>What is remembered of an issuer, for how long, and when it is asked again.</summary>
public sealed class OpenIdIssuerTests : IAsyncLifetime
{
    private readonly MovedClock clock = new();
    private readonly ProviderHttp http = new();
    private OAuthProvider provider = null!;
    private OpenIdIssuer issuer = null!;

    public async ValueTask InitializeAsync()
    {
        provider = await OAuthProvider.Start();
        await provider.Register("http://127.0.0.1:9");
        issuer = new OpenIdIssuer(new Uri(provider.Address), http, clock);
    }

    public async ValueTask DisposeAsync()
    {
        issuer.Dispose();
        http.Dispose();
        await provider.DisposeAsync();
    }

    [Fact]
    public async Task A_new_key_of_the_issuers_is_found_soon_and_made_up_ones_do_not_make_us_ask_each_time()
    {
        var first = await Key("the-real-key");
        await provider.Rotate("the-next-key");
        var asked = await Asked("google/jwks");
        for (var i = 0; i < 5; i++)
            await Assert.ThrowsAsync<ProviderFault>(() => Key($"made-up-{i}"));
        Assert.Equal(asked, await Asked("google/jwks"));
        clock.Move(TimeSpan.FromSeconds(31));
        Assert.NotEqual(first, await Key("the-next-key"));
        Assert.Equal(asked + 1, await Asked("google/jwks"));
        // The old one is the issuer's no more.
        Assert.Equal(
            AuthErrors.ProviderAnswerInvalid,
            (await Assert.ThrowsAsync<ProviderFault>(() => Key("the-real-key"))).Error
        );
        Assert.Equal(1, await Asked("google/discovery"));
    }

    [Fact]
    public async Task While_the_issuer_is_away_what_was_read_serves_on_for_a_day()
    {
        var first = await Key("the-real-key");
        foreach (var endpoint in new[] { "google/discovery", "google/jwks" })
            await provider.Misbehave(endpoint, "failing");
        clock.Move(TimeSpan.FromHours(2));
        var asked = await Asked("google/jwks");
        for (var i = 0; i < 5; i++)
            Assert.Equal(first, await Key("the-real-key"));
        // One of them asked; the others were told its failure instead of waiting for one of their own.
        Assert.Equal(asked + 1, await Asked("google/jwks"));
        clock.Move(TimeSpan.FromHours(23));
        Assert.Equal(
            AuthErrors.ProviderUnavailable,
            (await Assert.ThrowsAsync<ProviderFault>(() => Key("the-real-key"))).Error
        );
        foreach (var endpoint in new[] { "google/discovery", "google/jwks" })
            await provider.Misbehave(endpoint, null);
        clock.Move(TimeSpan.FromSeconds(3));
        Assert.Equal(first, await Key("the-real-key"));
    }

    private async Task<string> Key(string id) =>
        Convert.ToHexString((await issuer.Key(id, CancellationToken.None)).Modulus!);

    private async Task<int> Asked(string endpoint) =>
        (await provider.Seen()).GetProperty("requests").EnumerateArray().Count(r => r.Text("endpoint") == endpoint);
}

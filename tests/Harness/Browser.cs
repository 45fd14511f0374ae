using System.Net;
using System.Web;

namespace Veza.Tests.Harness;

/// <summary>
/// A browser as far as sign-ins with providers need one: it keeps cookies, follows redirects when told to, and fills in
/// the provider's form. One with no cookies is another browser.
/// </summary>
internal sealed class Browser : IDisposable
{
    private readonly VezaServer server;
    private readonly CookieContainer cookies = new();
    private readonly HttpClient http;

    internal Browser(VezaServer server)
    {
        this.server = server;
        http = new HttpClient(
            new SocketsHttpHandler
            {
                UseProxy = false,
                AllowAutoRedirect = false,
                CookieContainer = cookies,
            }
        )
        {
            Timeout = Eventually.DeadlineMax,
        };
    }

    internal CookieCollection Cookies => cookies.GetAllCookies();

    /// <summary>Opens an address as a page is opened: without following where it leads.</summary>
    internal Task<Reply> Open(string address, params (string Name, string Value)[] headers) =>
        Send(HttpMethod.Get, address, null, [("Accept", "text/html"), .. headers]);

    /// <summary>As a script of a page, which reads JSON.</summary>
    internal Task<Reply> Fetch(string address, params (string Name, string Value)[] headers) =>
        Send(HttpMethod.Get, address, null, headers);

    internal Task<Reply> Post(string address, object body, params (string Name, string Value)[] headers) =>
        Send(
            HttpMethod.Post,
            address,
            new StringContent(
                System.Text.Json.JsonSerializer.Serialize(body),
                System.Text.Encoding.UTF8,
                "application/json"
            ),
            headers
        );

    /// <summary>
    /// From the provider's address through its form to the address that it sends the browser back to, which is not
    /// opened.
    /// </summary>
    internal async Task<string> Consent(
        string authorizationUrl,
        ProviderPerson person,
        params (string Name, string Value)[] instead
    )
    {
        var at = authorizationUrl;
        for (var step = 0; step < 10; step++)
        {
            var reply = await Open(at);
            if (reply.Status == 200)
            {
                var fields = instead.Length > 0 ? instead : [("login", person.Name)];
                reply = await Send(
                    HttpMethod.Post,
                    at,
                    new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Item1, f.Item2)))
                );
            }

            Assert.True(reply.Status is 302 or 303, $"{at} answered {reply.Status}:\n{reply.Text}");
            at = new Uri(new Uri(at), reply.Header("Location")!).AbsoluteUri;
            if (at.Contains("/callback?", StringComparison.Ordinal))
                return at;
        }

        throw new InvalidOperationException($"The provider never sent the browser back; last it was at {at}.");
    }

    /// <summary>The address of the provider for a sign-in that begins in this browser.</summary>
    internal async Task<string> Begin(string provider) =>
        (await Fetch($"{server.Address}/api/v1/auth/oauth/{provider}")).Is(200).Data.Text("authorization_url");

    /// <summary>The whole way, as an API client's browser goes it.</summary>
    internal async Task<Reply> SignIn(string provider, ProviderPerson person) =>
        await Fetch(await Consent(await Begin(provider), person));

    /// <summary>The whole way from a page and back to it; the fragment with which it ends.</summary>
    internal async Task<string> SignInTo(string provider, ProviderPerson person, string page, string? challenge = null)
    {
        var begun = await Open(
            $"{server.Address}/api/v1/auth/oauth/{provider}?return_to={Uri.EscapeDataString(page)}{(challenge is null ? "" : $"&code_challenge={challenge}")}"
        );
        var back = await Open(await Consent(begun.Is(302).Header("Location")!, person));
        var end = back.Is(302).Header("Location")!;
        Assert.StartsWith(page + "#", end, StringComparison.Ordinal);
        return end[(page.Length + 1)..];
    }

    public void Dispose() => http.Dispose();

    private async Task<Reply> Send(
        HttpMethod method,
        string address,
        HttpContent? content,
        params (string Name, string Value)[] headers
    )
    {
        using var request = new HttpRequestMessage(method, new Uri(address)) { Content = content };
        foreach (var (name, value) in headers)
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        using var response = await http.SendAsync(request);
        return server.Reply(request, response, await response.Content.ReadAsByteArrayAsync());
    }
}

internal static class Addresses
{
    /// <summary>A parameter of an address's query.</summary>
    internal static string Parameter(this string address, string name) =>
        HttpUtility.ParseQueryString(new Uri(address).Query)[name] ?? "";

    /// <summary>The address with another value for the parameter, or without it.</summary>
    internal static string With(this string address, string name, string? value)
    {
        var uri = new UriBuilder(address);
        var query = HttpUtility.ParseQueryString(uri.Query);
        if (value is null)
            query.Remove(name);
        else
            query[name] = value;
        uri.Query = query.ToString();
        return uri.Uri.AbsoluteUri;
    }
}

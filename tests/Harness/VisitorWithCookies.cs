using System.Net;

namespace Veza.Tests.Harness;

/// <summary>A visitor who keeps cookies, as one browser of one person does.</summary>
internal sealed class VisitorWithCookies : Visitor, IDisposable
{
    private readonly CookieContainer cookies = new();
    private readonly HttpClient http;

    internal VisitorWithCookies(VezaServer server)
        : base(server) =>
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

    private protected override HttpClient Http => http;

    public void Dispose() => http.Dispose();
}

using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Http;

/// <summary>What the server cannot even read as a request is answered like every other failure.</summary>
public sealed class UnreadableRequestsTests(VezaServer server) : IClassFixture<VezaServer>
{
    private static readonly string Long = new('x', 40_000);

    public static TheoryData<string, int, string> Unreadable =>
        new()
        {
            { "GET /api/v1/tracks/%00 HTTP/1.1\r\nHost: veza\r\n\r\n", 400, "BAD_REQUEST" },
            { "GET /%00 HTTP/1.1\r\nHost: veza\r\n\r\n", 400, "BAD_REQUEST" },
            { $"GET /api/v1/tracks?q={Long} HTTP/1.1\r\nHost: veza\r\n\r\n", 414, "ADDRESS_TOO_LONG" },
            { $"GET /{Long} HTTP/1.1\r\nHost: veza\r\n\r\n", 414, "ADDRESS_TOO_LONG" },
            { $"GET /health/live HTTP/1.1\r\nHost: veza\r\nX-Long: {Long}\r\n\r\n", 431, "HEADERS_TOO_LARGE" },
            {
                $"GET /health/live HTTP/1.1\r\nHost: veza\r\n{string.Concat(Enumerable.Range(0, 100).Select(n => $"X-{n}: y\r\n"))}\r\n",
                431,
                "HEADERS_TOO_LARGE"
            },
            { "GET /health/live HTTP/1.1\r\nHost: veza\r\nX-Nul: a\0b\r\n\r\n", 400, "BAD_REQUEST" },
            { "GET /health/live HTTP/1.1\r\nHost: veza\r\nNo colon here\r\n\r\n", 400, "BAD_REQUEST" },
            { "GET /health/live HTTP/1.1\r\n\r\n", 400, "BAD_REQUEST" },
            { "GET /health/live HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "BAD_REQUEST" },
            { "GET /health/live HTTP/1.1\r\nHost: veza\r\nContent-Length: many\r\n\r\n", 400, "BAD_REQUEST" },
            {
                "POST /api/v1/auth/login HTTP/1.1\r\nHost: veza\r\nContent-Type: application/json\r\n"
                    + "Transfer-Encoding: gzip\r\n\r\n",
                400,
                "BAD_REQUEST"
            },
            { "nonsense\r\n\r\n", 400, "BAD_REQUEST" },
            { "\u0016\u0003\u0001\u0000\u00a5\u0001\u0000\u0000\r\n\r\n", 400, "BAD_REQUEST" },
        };

    [Theory]
    [MemberData(nameof(Unreadable))]
    public async Task What_cannot_be_read_is_told_in_the_envelope(string request, int status, string code)
    {
        var answer = await WireAnswer.To(server, request);
        Assert.Equal((status, null), (answer.Status, answer.Fault(isHead: false)));
        Assert.Equal(
            (code, "no-store", "close"),
            (
                JsonElement.Parse(answer.Body).Text("error_code"),
                answer.Header("Cache-Control"),
                answer.Header("Connection")
            )
        );
    }

    [Fact]
    public async Task Nothing_follows_the_answer_and_the_server_goes_on()
    {
        using var raw = await RawRequest.Open(server, "GET /%00 HTTP/1.1\nHost: veza\n\n");
        Assert.EndsWith("}", await raw.ReadToEnd(), StringComparison.Ordinal);
        var head = await WireAnswer.To(server, "HEAD /api/v1/tracks/%00 HTTP/1.1\r\nHost: veza\r\n\r\n");
        Assert.Equal((400, null), (head.Status, head.Fault(isHead: true)));
        // On a connection that was good until then.
        using var reused = await RawRequest.Open(
            server,
            "GET /health/live HTTP/1.1\nHost: veza\n\nGET /%00 HTTP/1.1\nHost: veza\n\n"
        );
        var said = await reused.ReadToEnd();
        Assert.StartsWith("HTTP/1.1 200", said, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1 400", said, StringComparison.Ordinal);
        Assert.EndsWith("}", said, StringComparison.Ordinal);
        (await server.Visitor.Get("/health/live")).Is(200);
        Assert.DoesNotContain("abnormally", server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_answer_forbids_guessing_at_its_type()
    {
        var mira = await server.Register("mira");
        foreach (
            var path in new[]
            {
                "/api/v1/auth/me",
                "/api/v1/tracks",
                "/nowhere",
                "/health/live",
                "/version",
                "/openapi/v1.json",
                "/.well-known/jwks.json",
                "/api/v1/auth/password/new",
                "/api/v1/tracks/x",
            }
        )
            Assert.Equal((path, "nosniff"), (path, (await mira.Get(path)).Header("X-Content-Type-Options")));
        Assert.Equal(
            "nosniff",
            (await mira.PostText("/api/v1/auth/login", "{")).Is(400).Header("X-Content-Type-Options")
        );
    }
}

using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Http;

/// <summary>A stop breaks nobody's request: who keeps a connection is told that it ends, before it does.</summary>
public sealed class DrainingTests
{
    [Fact]
    public async Task In_the_first_second_of_a_stop_each_answer_ends_its_connection()
    {
        await using var server = await VezaServer.Start();
        using var kept = await RawRequest.Open(server, "GET /health/live HTTP/1.1\nHost: veza\n\n");
        Assert.DoesNotContain("Connection: close", await kept.ReadUntil("\r\n\r\n"), StringComparison.Ordinal);
        var stopping = server.Stop();
        await Eventually.True("it is not ready", async () => (await server.Visitor.Get("/health/ready")).Status == 503);
        await kept.Send("GET /api/v1/tracks HTTP/1.1\r\nHost: veza\r\n\r\n"u8.ToArray());
        var answer = await kept.ReadToEnd();
        Assert.StartsWith("HTTP/1.1 200", answer[answer.IndexOf("HTTP/1.1", StringComparison.Ordinal)..], StringComparison.Ordinal);
        Assert.Contains("Connection: close", answer, StringComparison.Ordinal);
        Assert.Equal(0, await stopping);
    }

    [Fact]
    public async Task Who_goes_when_they_are_told_meets_no_broken_connection()
    {
        await using var server = await VezaServer.Start();
        var answered = 0;
        using var http = new HttpClient { BaseAddress = new Uri(server.Address) };
        var asking = Enumerable.Range(0, 8).Select(async _ =>
        {
            for (var isTold = false; !isTold;)
            {
                using var answer = await http.GetAsync("/api/v1/tracks?limit=1");
                Assert.Equal(200, (int)answer.StatusCode);
                isTold = answer.Headers.ConnectionClose ?? false;
                Interlocked.Increment(ref answered);
            }
        }).ToArray();
        await Eventually.True("they ask", () => Task.FromResult(Volatile.Read(ref answered) > 100));
        Assert.Equal(0, await server.Stop());
        await Task.WhenAll(asking);
    }
}

using System.Text.Json;

namespace Veza.Tests.Harness;

/// <summary>One server-sent event.</summary>
internal sealed record ServerEvent(string Id, string Name, JsonElement Data);

/// <summary>An open stream of server-sent events, read as it comes.</summary>
internal sealed class EventFeed : IDisposable
{
    private readonly HttpResponseMessage response;
    private readonly StreamReader lines;

    private EventFeed(HttpResponseMessage response, Stream content) =>
        (this.response, lines) = (response, new StreamReader(content));

    internal HttpResponseMessage Response => response;

    internal static async Task<EventFeed> Open(Visitor visitor, string path, string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(visitor.Server.Address + path));
        if (visitor.AccessToken is { } token)
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        if (lastEventId is not null)
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        var response = await visitor.Server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return new EventFeed(response, await response.Content.ReadAsStreamAsync());
    }

    /// <summary>The next event; null when the stream has ended, as it should: not in the middle of one.</summary>
    internal async Task<ServerEvent?> Next()
    {
        using var deadline = new CancellationTokenSource(Eventually.DeadlineMax);
        var fields = new Dictionary<string, string>();
        while (await lines.ReadLineAsync(deadline.Token) is { } line)
        {
            if (line.Length == 0 && fields.TryGetValue("data", out var data))
                return new ServerEvent(fields["id"], fields["event"], JsonElement.Parse(data));
            if (line.Split(": ", 2) is [{ Length: > 0 } name, var value])
                fields[name] = value;
        }

        Assert.False(fields.ContainsKey("data"), "The stream ended in the middle of an event.");
        return null;
    }

    internal async Task<ServerEvent[]> Rest()
    {
        var events = new List<ServerEvent>();
        while (await Next() is { } next)
            events.Add(next);
        return [.. events];
    }

    public void Dispose()
    {
        lines.Dispose();
        response.Dispose();
    }
}

using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.Realtime;

/// <summary>
/// Server-sent events as the standard has them. A client that reads too slowly is cut off by the server's least rate of
/// answers.
/// </summary>
internal sealed class EventStream(HttpResponse response)
{
    internal const string ContentType = "text/event-stream";

    /// <summary>Proxies and browsers give up a line on which nothing comes.</summary>
    internal static readonly TimeSpan BeatEvery = TimeSpan.FromSeconds(15);

    internal Task Begin(int retryMs, CancellationToken ct)
    {
        response.HttpContext.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        response.ContentType = ContentType;
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Accel-Buffering"] = "no";
        return Write($"retry: {retryMs}\n\n", ct);
    }

    /// <summary>The JSON has no line breaks, as the serializer writes it.</summary>
    internal Task Send(string id, string name, string json, CancellationToken ct) =>
        Write($"id: {id}\nevent: {name}\ndata: {json}\n\n", ct);

    internal Task Beat(CancellationToken ct) => Write(":\n\n", ct);

    private async Task Write(string text, CancellationToken ct)
    {
        HeldConnections.MustBeNone("a client");
        Encoding.UTF8.GetBytes(text, response.BodyWriter);
        await response.BodyWriter.FlushAsync(ct);
    }
}

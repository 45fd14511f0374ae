using System.Buffers;
using System.Diagnostics;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Veza.Infrastructure.Http;

/// <summary>
/// What Kestrel refuses before any code of ours sees it (headers or a request line that are too long, %00 in a path,
/// what is no HTTP) it would answer with a bare status. It tells of each first, by an event that its documentation
/// names, and there the contract's answer is written. Whether it was a HEAD is unknown when its address is unreadable.
/// </summary>
internal sealed class UnreadableRequests(IServiceProvider services) : IObserver<KeyValuePair<string, object?>>
{
    private const string BadRequestEvent = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    internal static void Answer(WebApplication app) =>
        app
            .Services.GetRequiredService<DiagnosticListener>()
            .Subscribe(new UnreadableRequests(app.Services), name => name == BadRequestEvent);

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Value is not IFeatureCollection features)
            return;
        if (features.Get<IHttpResponseFeature>() is not { HasStarted: false })
            return;
        if (features.Get<IBadRequestExceptionFeature>()?.Error is not BadHttpRequestException thrown)
            return;
        if (features.Get<IConnectionTransportFeature>()?.Transport.Output is not { } output)
            return;
        var context = new DefaultHttpContext(features) { RequestServices = services };
        var body = ErrorWriter.Head(context, ExceptionMapping.Of(thrown));
        (context.Response.ContentLength, context.Response.Headers.Connection) = (body.Length, "close");
        // Kestrel has no body writer for what it could not read: it puts the head into the connection, and we the body.
        var started = features.Get<IHttpResponseBodyFeature>()!.StartAsync();
        Debug.Assert(started.IsCompletedSuccessfully, "Nobody has registered anything to be done first.");
        if (!HttpMethods.IsHead(context.Request.Method))
            output.Write(body);
        _ = output.FlushAsync().AsTask();
    }

    public void OnCompleted() { }

    public void OnError(Exception error) { }
}

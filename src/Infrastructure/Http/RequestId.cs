using System.Buffers;

namespace Veza.Infrastructure.Http;

/// <summary>
/// The id under which a client and the logs speak of the same request: the client's own when it is sane, else a new
/// one.
/// </summary>
internal static class RequestId
{
    internal const string Header = "X-Request-Id";
    private const int CharsMax = 64;
    private static readonly SearchValues<char> Allowed = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
    );

    internal static Task Assign(HttpContext context, RequestDelegate next)
    {
        if (
            context.Request.Headers.TryGetValue(Header, out var given)
            && given is [{ Length: > 0 and <= CharsMax } id]
            && !id.AsSpan().ContainsAnyExcept(Allowed)
        )
            context.TraceIdentifier = id;
        Tell(context);
        return next(context);
    }

    /// <summary>What every answer has: its id, and that no browser guesses at its type.</summary>
    internal static void Tell(HttpContext context)
    {
        context.Response.Headers[Header] = Of(context);
        context.Response.Headers.XContentTypeOptions = "nosniff";
    }

    internal static string Of(HttpContext context) => context.TraceIdentifier.Replace(':', '-');
}

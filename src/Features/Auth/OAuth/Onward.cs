namespace Veza.Features.Auth.OAuth;

/// <summary>
/// Sends a browser on. Nobody keeps the answer, and the next page is not told the address it came from.
/// </summary>
internal sealed class Onward(string address) : IResult
{
    public Task ExecuteAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        context.Response.Redirect(address);
        return Task.CompletedTask;
    }
}

/// <summary>
/// What providers did wrong, in our words: nothing that came from outside is written into a line of the log.
/// </summary>
internal static partial class ProviderLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Sign-in with {Provider}: {Reason}")]
    internal static partial void Fault(ILogger log, string provider, string reason);
}

namespace Veza.Infrastructure.Security;

/// <summary>Who makes the request, as the access token says. A slice that takes one is never called without.</summary>
internal sealed record Caller(Guid UserId, Guid SessionId, string Username, string[] Roles, DateTime ExpiresAt)
{
    /// <summary>Binds a handler's parameter; null only where the slice is anonymous.</summary>
    public static ValueTask<Caller?> BindAsync(HttpContext context) => ValueTask.FromResult(context.Features.Get<Caller>());
}

/// <summary>Marks a route that may be called without signing in. Every other route may not.</summary>
internal sealed record AnonymousAccess;

/// <summary>Reads the access token of a request and turns away who has none where one is needed.</summary>
internal static class Gate
{
    private const string Scheme = "Bearer ";

    internal static Task Check(HttpContext context, RequestDelegate next)
    {
        // Without a route of ours it is a 404, 405 or 415 of the framework: nothing to guard.
        if (context.GetEndpoint() is not RouteEndpoint endpoint) return next(context);
        var anonymous = endpoint.Metadata.GetMetadata<AnonymousAccess>() is not null;
        var header = context.Request.Headers.Authorization;
        if (header.Count == 0 || header[0] is not { Length: > 0 } value)
            return anonymous ? next(context) : Http.ErrorWriter.Write(context, Errors.Unauthenticated);
        return value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? Admit(context, next, value[Scheme.Length..].Trim(), anonymous)
            : Http.ErrorWriter.Write(context, Errors.Unauthenticated);
    }

    private static Task Admit(HttpContext context, RequestDelegate next, string token, bool anonymous)
    {
        var error = context.RequestServices.GetRequiredService<AccessTokens>().Read(token, out var caller);
        if (caller is not null)
        {
            context.Features.Set(caller);
            return next(context);
        }

        // A stale token on an anonymous route is told as well: the client thinks it is signed in.
        return Http.ErrorWriter.Write(context, error ?? (anonymous ? Errors.TokenInvalid : Errors.Unauthenticated));
    }
}

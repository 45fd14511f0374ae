using Veza.Infrastructure.Http;

namespace Veza.Infrastructure.Security;

/// <summary>
/// Marks a route that may be called without signing in. Every other route says what it requires. Where it shows people
/// more who have a permission, whoever has it not is nobody to it, and a stale token is told; otherwise it does not
/// look at tokens, for a client may send a stale one along with its refresh.
/// </summary>
internal sealed record AnonymousAccess(string? SeesMoreWith = null);

/// <summary>What a caller must be permitted to call this route.</summary>
internal sealed record RequiredPermission(string Permission);

/// <summary>
/// Marks a route for which a factor must have been proven moments ago: what a borrowed session must not do.
/// </summary>
internal sealed record FreshAccess
{
    internal static readonly TimeSpan AgeMax = TimeSpan.FromMinutes(15);
}

/// <summary>Another kind of bearer token than the access token, told by its first characters.</summary>
internal interface ICallerSource
{
    string Prefix { get; }

    /// <summary>
    /// The caller, or why the token is refused. Runs on every request: it must not cost a query each time.
    /// </summary>
    ValueTask<(Error? Error, Caller? Caller)> Read(string token, CancellationToken ct);
}

/// <summary>
/// Reads the bearer token of a request and refuses a request without one, or without the permission, where the route
/// needs it.
/// </summary>
internal static class RequestAuthorization
{
    private const string Scheme = "Bearer ";

    internal static Task Check(HttpContext context, RequestDelegate next)
    {
        // Without a route of ours it is a 404, 405 or 415 of the framework: nothing to guard.
        if (context.GetEndpoint() is not RouteEndpoint endpoint)
            return next(context);
        var anonymous = endpoint.Metadata.GetMetadata<AnonymousAccess>();
        var header = context.Request.Headers.Authorization;
        if (anonymous is { SeesMoreWith: null })
            return next(context);
        if (header.Count == 0 || header[0] is not { Length: > 0 } value)
            return anonymous is not null ? next(context) : ErrorWriter.Write(context, Errors.Unauthenticated);
        // Two of them could mean one to a proxy and another to us.
        if (header.Count > 1)
            return ErrorWriter.Write(context, Errors.TokenInvalid);
        if (!value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return ErrorWriter.Write(context, Errors.Unauthenticated);
        var token = value[Scheme.Length..].Trim();
        var source = context.RequestServices.GetRequiredService<ICallerSource>();
        if (token.StartsWith(source.Prefix, StringComparison.Ordinal))
            return AdmitFrom(source, context, endpoint, next, token);
        var error = context.RequestServices.GetRequiredService<AccessTokens>().Read(token, out var caller);
        return caller is null ? ErrorWriter.Write(context, error!) : Admit(caller, context, endpoint, next);
    }

    private static async Task AdmitFrom(
        ICallerSource source,
        HttpContext context,
        RouteEndpoint endpoint,
        RequestDelegate next,
        string token
    )
    {
        var (error, caller) = await source.Read(token, context.RequestAborted);
        await (caller is null ? ErrorWriter.Write(context, error!) : Admit(caller, context, endpoint, next));
    }

    private static Task Admit(Caller caller, HttpContext context, RouteEndpoint endpoint, RequestDelegate next)
    {
        if (
            endpoint.Metadata.GetMetadata<AnonymousAccess>() is { SeesMoreWith: { } permission }
            && !caller.May(permission)
        )
            return next(context);
        context.Features.Set(caller);
        return Refuse(caller, endpoint.Metadata, context) is { } refused
            ? ErrorWriter.Write(context, refused)
            : next(context);
    }

    private static Error? Refuse(Caller caller, EndpointMetadataCollection metadata, HttpContext context)
    {
        if (metadata.GetMetadata<RequiredPermission>() is { } required && !caller.May(required.Permission))
            return (caller.IsApiKey ? Errors.ScopeMissing : Errors.Forbidden).Saying(
                $"This needs the permission {required.Permission}"
            );
        if (metadata.GetMetadata<FreshAccess>() is null)
            return null;
        var now = context.RequestServices.GetRequiredService<Keyring>().Now;
        return now - caller.AuthenticatedAt <= FreshAccess.AgeMax ? null : Errors.StepUpRequired;
    }
}

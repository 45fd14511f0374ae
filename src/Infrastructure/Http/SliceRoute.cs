using Microsoft.AspNetCore.Http.Metadata;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Security;

namespace Veza.Infrastructure.Http;

/// <summary>
/// What the OpenAPI document says of a slice beyond its types: a summary, examples that are true, and the
/// errors by code.
/// </summary>
internal sealed record SliceDocument(string Summary, object? Request, object? Response, int Status, Error[] Errors);

/// <summary>Marks a route that answers before the process is ready.</summary>
internal sealed record ReadinessExempt;

/// <summary>A body limit of one route, in bytes; null is the route's own business.</summary>
internal sealed record BodyLimit(long? MaxRequestBodySize) : IRequestSizeLimitMetadata;

/// <summary>The words by which a slice describes its route.</summary>
internal static class SliceRoute
{
    internal static RouteHandlerBuilder Anonymous(this RouteHandlerBuilder route, string? seesMoreWith = null) =>
        route.WithMetadata(new AnonymousAccess(seesMoreWith));

    /// <summary>Only for who has this permission, see <see cref="Permissions"/>.</summary>
    internal static RouteHandlerBuilder Requires(this RouteHandlerBuilder route, string permission) =>
        route.WithMetadata(new RequiredPermission(permission));

    /// <summary>Only for a session that proved a factor moments ago (step-up).</summary>
    internal static RouteHandlerBuilder Fresh(this RouteHandlerBuilder route) => route.WithMetadata(new FreshAccess());

    internal static RouteHandlerBuilder WithoutReadiness(this RouteHandlerBuilder route) =>
        route.WithMetadata(new ReadinessExempt());

    /// <summary>Calls cost no request budget.</summary>
    internal static RouteHandlerBuilder Unmetered(this RouteHandlerBuilder route) =>
        route.WithMetadata(new Unmetered());

    internal static RouteHandlerBuilder Documented(
        this RouteHandlerBuilder route,
        string tag,
        string summary,
        object? response = null,
        object? request = null,
        int status = StatusCodes.Status200OK,
        params Error[] errors
    )
    {
        route.WithTags(tag);
        return route.Described(summary, response, request, status, errors);
    }

    /// <summary>The same for a slice whose group says the tag.</summary>
    internal static RouteHandlerBuilder Described(
        this RouteHandlerBuilder route,
        string summary,
        object? response = null,
        object? request = null,
        int status = StatusCodes.Status200OK,
        params Error[] errors
    )
    {
        route.WithMetadata(new SliceDocument(summary, request, response, status, errors));
        route.Finally(builder =>
        {
            if (builder.Metadata.OfType<AnswerMetadata>().FirstOrDefault() is { } answer)
                builder.Metadata.Add(new ProducesResponseTypeMetadata(status, answer.Envelope, ["application/json"]));
        });
        return route;
    }
}

using FastEndpoints;

namespace Veza.Infrastructure.Http;

/// <summary>
/// Reads a request by a function that the generator wrote: each member from its one place. The library's own binder
/// looks for members by reflection, lets the query override the body, and takes the body <c>null</c> for an empty one.
/// </summary>
internal sealed class RequestReader<T>(Func<HttpContext, CancellationToken, ValueTask<T>> read) : IRequestBinder<T>
    where T : notnull
{
    public ValueTask<T> BindAsync(BinderContext ctx, CancellationToken ct) => read(ctx.HttpContext, ct);
}

/// <summary>
/// What the OpenAPI document says of a slice: what it takes, whether it needs a body, what it answers.
/// </summary>
internal sealed record SliceParts(Type Request, Type? Answer, bool? NeedsBody, RequestParameter[] Parameters);

/// <summary>A member of a request that comes from the path, the query or a header.</summary>
internal sealed record RequestParameter(string Name, string In, Type Type, object? Default, bool IsRequired);

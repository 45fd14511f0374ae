using FastEndpoints;
using Veza.Infrastructure.Security;

namespace Veza.Infrastructure.Http;

/// <summary>An endpoint that knows who calls it.</summary>
internal abstract class CalledEndpoint<TRequest, TResponse> : Endpoint<TRequest, TResponse>
    where TRequest : notnull
{
    /// <summary>Who asks. A slice that requires a permission is never called without.</summary>
    protected Caller Caller =>
        CallerIfAny ?? throw new InvalidOperationException("This slice asks nobody who they are.");

    /// <summary>Null where the slice is anonymous and nobody signed in.</summary>
    protected Caller? CallerIfAny => field ??= HttpContext.Features.Get<Caller>();
}

/// <summary>
/// A use case over HTTP: what comes in, what may not, what happens and what goes out, in one file. FastEndpoints
/// executes the answer, which is an IResult; what comes in is read by a <see cref="RequestReader{T}"/>.
/// </summary>
internal abstract class Slice<TRequest, TData> : CalledEndpoint<TRequest, Answer<TData>>
    where TRequest : notnull;

/// <summary>A slice that takes nothing from the request but who asks.</summary>
internal abstract class Slice<TData> : Slice<EmptyRequest, TData>
{
    public sealed override Task<Answer<TData>> ExecuteAsync(EmptyRequest request, CancellationToken ct) => Execute(ct);

    protected abstract Task<Answer<TData>> Execute(CancellationToken ct);
}

/// <summary>
/// A slice that answers with something other than data in its envelope: a page, bytes, a redirect, a stream. An error
/// is an answer too; what has written its answer itself returns Results.Empty.
/// </summary>
internal abstract class ResultSlice<TRequest> : CalledEndpoint<TRequest, IResult>
    where TRequest : notnull;

/// <summary>The same for a slice that takes nothing from the request but who asks.</summary>
internal abstract class ResultSlice : ResultSlice<EmptyRequest>
{
    public sealed override Task<IResult> ExecuteAsync(EmptyRequest request, CancellationToken ct) => Execute(ct);

    protected abstract Task<IResult> Execute(CancellationToken ct);
}

/// <summary>What the slices of a room share: where their addresses begin, and their tag in the document.</summary>
internal abstract class SliceGroup : Group
{
    protected SliceGroup(string prefix, string tag) =>
        // The library would put a slash between a prefix and an empty route.
        Configure(
            "",
            slice =>
            {
                for (var i = 0; i < slice.Routes.Length; i++)
                    slice.Routes[i] = prefix + slice.Routes[i].TrimEnd('/');
                slice.Description(route => route.WithTags(tag));
            }
        );
}

/// <summary>Of a request whose body may be left out.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class BodyOptionalAttribute : Attribute;

namespace Veza.Infrastructure.Http;

/// <summary>
/// A way to fail: a permanent code, its HTTP status and a sentence for the person who reads it. It is an answer by
/// itself where a slice has no envelope.
/// </summary>
internal sealed record Error(string Code, int Status, string Message) : IResult
{
    /// <summary>The faults of single fields, when the error is about fields.</summary>
    internal FieldError[] Fields { get; init; } = [];

    /// <summary>Seconds after which the same request may succeed; becomes Retry-After.</summary>
    internal int? RetryAfterS { get; init; }

    internal Error With(params FieldError[] fields) => this with { Fields = fields };

    internal Error Saying(string message) => this with { Message = message };

    public Task ExecuteAsync(HttpContext httpContext) => ErrorWriter.Write(httpContext, this);
}

/// <summary>What is wrong with one field of the request, by its name on the wire.</summary>
internal sealed record FieldError(string Field, string Code, string Message);

/// <summary>Ends a request with an error from a place that cannot return one, such as the reading of a body.</summary>
internal class RefusedException(Error error, Exception? cause = null) : Exception(error.Message, cause)
{
    internal Error Error { get; } = error;
}

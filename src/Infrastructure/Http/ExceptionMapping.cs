using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.Metadata;
using Npgsql;
using StackExchange.Redis;

namespace Veza.Infrastructure.Http;

/// <summary>
/// Turns whatever was thrown, and every empty answer of the framework, into an error of the contract. What it does not
/// know it logs and shows as a request id.
/// </summary>
internal static partial class ExceptionMapping
{
    private const int RetryAfterS = 2;

    internal static async Task Handle(HttpContext context)
    {
        var thrown = context.Features.Get<IExceptionHandlerFeature>()!.Error;
        if (context.RequestAborted.IsCancellationRequested)
            return;
        var error = Of(thrown);
        if (error.Status >= StatusCodes.Status500InternalServerError)
            LogFault(
                context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Veza.Http"),
                thrown,
                RequestId.Of(context),
                context.Request.Method,
                context.Request.Path
            );
        await ErrorWriter.Write(context, error);
    }

    /// <summary>404, 405, 415 and their like, which the framework leaves without a body.</summary>
    internal static Task HandleEmpty(HttpContext context) =>
        ErrorWriter.Write(
            context,
            context.Response.StatusCode switch
            {
                StatusCodes.Status400BadRequest when UnreadableQuery(context) is { Length: > 0 } fields =>
                    Errors.Validation.With(fields),
                StatusCodes.Status404NotFound => Errors.RouteUnknown,
                StatusCodes.Status405MethodNotAllowed => Errors.MethodNotAllowed,
                StatusCodes.Status413PayloadTooLarge => Errors.PayloadTooLarge,
                StatusCodes.Status415UnsupportedMediaType => Errors.UnsupportedMediaType,
                var status and < 500 => new Error(Errors.BadRequest.Code, status, Errors.BadRequest.Message),
                var status => new Error(Errors.Internal.Code, status, Errors.Internal.Message),
            }
        );

    /// <summary>What whoever asked is told of what was thrown, over HTTP or in a frame.</summary>
    internal static Error Of(Exception thrown) =>
        thrown switch
        {
            RefusedException refused => refused.Error,
            BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => Errors.PayloadTooLarge,
            BadHttpRequestException { StatusCode: StatusCodes.Status415UnsupportedMediaType } =>
                Errors.UnsupportedMediaType,
            BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } => Errors.RequestTimeout,
            BadHttpRequestException { StatusCode: StatusCodes.Status414UriTooLong } => Errors.AddressTooLong,
            BadHttpRequestException { StatusCode: StatusCodes.Status431RequestHeaderFieldsTooLarge } =>
                Errors.HeadersTooLarge,
            BadHttpRequestException { InnerException: JsonException json } => OfJson(json),
            BadHttpRequestException bad when ParameterPattern().Match(bad.Message) is { Success: true } match =>
                Errors.Validation.With(
                    new FieldError(
                        Wire(match.Groups[2].Value),
                        "INVALID_FORMAT",
                        $"{Wire(match.Groups[2].Value)} is not a valid {match.Groups[1].Value}"
                    )
                ),
            BadHttpRequestException bad => new Error(
                Errors.BadRequest.Code,
                bad.StatusCode,
                bad.StatusCode == 400 ? "The request could not be read" : bad.Message
            ),
            JsonException json => OfJson(json),
            InvalidDataException => Errors.BadRequest.Saying("The body is not what its Content-Type says"),
            PostgresException
            {
                SqlState: PostgresErrorCodes.UntranslatableCharacter or PostgresErrorCodes.CharacterNotInRepertoire
            } => Errors.CharacterRefused,
            PostgresException
            {
                SqlState: PostgresErrorCodes.UniqueViolation
                    or PostgresErrorCodes.CheckViolation
                    or PostgresErrorCodes.ForeignKeyViolation
            } broken when ConstraintErrors.Of(broken.ConstraintName) is { } named => named,
            PostgresException
            {
                SqlState: PostgresErrorCodes.AdminShutdown
                    or PostgresErrorCodes.CannotConnectNow
                    or PostgresErrorCodes.TooManyConnections
            } => Errors.Unavailable,
            NpgsqlException and not PostgresException or TimeoutException or RedisException => Errors.Unavailable,
            PostgresException { IsTransient: true } => Errors.Unavailable,
            IOException io when IsDiskFull(io) => Errors.StorageFull,
            Amazon.Runtime.AmazonServiceException
            or Amazon.Runtime.AmazonClientException
            or HttpRequestException
            or HttpIOException => Errors.Unavailable,
            // A line to another server that broke; of a client's own nobody would read the answer.
            IOException { InnerException: System.Net.Sockets.SocketException } => Errors.Unavailable,
            _ => Errors.Internal,
        };

    /// <summary>
    /// An optional query value that cannot be parsed is a bare 400 of the framework's: finds out which.
    /// </summary>
    private static FieldError[] UnreadableQuery(HttpContext context) =>
        [
            .. (context.GetEndpoint()?.Metadata.GetOrderedMetadata<IParameterBindingMetadata>() ?? [])
                .Where(p =>
                    p.IsOptional
                    && context.Request.Query.TryGetValue(p.Name, out var text)
                    && !Parses(Nullable.GetUnderlyingType(p.ParameterInfo.ParameterType), text)
                )
                .Select(p => new FieldError(p.Name, "INVALID_FORMAT", $"{p.Name} cannot be read")),
        ];

    private static bool Parses(Type? type, string? text) =>
        type == typeof(int) ? int.TryParse(text, out _)
        : type == typeof(long) ? long.TryParse(text, out _)
        : type == typeof(double) ? double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out _)
        : type == typeof(float) ? float.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out _)
        : type == typeof(Guid) ? Guid.TryParse(text, out _)
        : type == typeof(DateOnly) ? DateOnly.TryParse(text, out _)
        : type != typeof(bool) || bool.TryParse(text, out _);

    private static Error OfJson(JsonException json)
    {
        var path = json.Path?.TrimStart('$').TrimStart('.');
        // A fault of the text has the reader's exception inside, a fault of a type has none.
        if (json.InnerException is JsonException || string.IsNullOrEmpty(path))
            return Errors.JsonInvalid;
        return Errors.Validation.With(
            new FieldError(path, "WRONG_TYPE", $"{path} has the wrong type, or stands twice")
        );
    }

    /// <summary>ENOSPC and EDQUOT as .NET reports them on Linux.</summary>
    private static bool IsDiskFull(IOException io) => (io.HResult & 0xFFFF) is 28 or 122;

    private static string Wire(string parameter) => JsonNamingPolicy.SnakeCaseLower.ConvertName(parameter);

    [GeneratedRegex("^Failed to bind parameter \"([\\w?<>]+) (\\w+)\" from")]
    private static partial Regex ParameterPattern();

    [LoggerMessage(Level = LogLevel.Error, Message = "Request {RequestId} failed: {Method} {Path}")]
    private static partial void LogFault(
        ILogger logger,
        Exception thrown,
        string requestId,
        string method,
        string path
    );
}

using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace Veza.Infrastructure.Http;

/// <summary>
/// Values that a request has as text, in its path, its query and its headers. An empty one is as if it were not there,
/// except where it is to be a text; one that cannot be read is told by its name, and never becomes a default.
/// </summary>
internal static class RequestText
{
    internal static string PathText(HttpContext http, string name) => (string)http.Request.RouteValues[name]!;

    internal static T PathValue<T>(HttpContext http, string name)
        where T : struct, IParsable<T> =>
        T.TryParse(PathText(http, name), CultureInfo.InvariantCulture, out var value)
            ? value
            : throw Unreadable(name, $"{name} is not a valid {NameOf(typeof(T))}");

    internal static string? QueryText(HttpContext http, string name) => http.Request.Query[name];

    internal static string[] QueryTexts(HttpContext http, string name) => http.Request.Query[name].ToArray()!;

    internal static T? QueryValue<T>(HttpContext http, string name)
        where T : struct, IParsable<T> => Value<T>(http.Request.Query[name], name);

    internal static T[] QueryEach<T>(HttpContext http, string name)
        where T : struct, IParsable<T> => Array.ConvertAll(QueryTexts(http, name), text => Parsed<T>(text, name));

    internal static DateTime? QueryTime(HttpContext http, string name) => Time(http.Request.Query[name], name);

    internal static string? HeaderText(HttpContext http, string name) => http.Request.Headers[name];

    internal static T? HeaderValue<T>(HttpContext http, string name)
        where T : struct, IParsable<T> => Value<T>(http.Request.Headers[name], name);

    internal static DateTime? HeaderTime(HttpContext http, string name) => Time(http.Request.Headers[name], name);

    private static T? Value<T>(StringValues values, string name)
        where T : struct, IParsable<T> => (string?)values is { Length: > 0 } text ? Parsed<T>(text, name) : null;

    private static T Parsed<T>(string? text, string name)
        where T : struct, IParsable<T> =>
        T.TryParse(text, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw Unreadable(name, $"{name} cannot be read");

    /// <summary>Of any zone, in UTC; without a zone it is UTC.</summary>
    private static DateTime? Time(StringValues values, string name)
    {
        const DateTimeStyles utc = DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal;
        if ((string?)values is not { Length: > 0 } text)
            return null;
        return DateTime.TryParse(text, CultureInfo.InvariantCulture, utc, out var time)
            ? time
            : throw Unreadable(name, $"{name} cannot be read");
    }

    private static RefusedException Unreadable(string name, string message) =>
        new(Errors.Validation.With(new FieldError(name, "INVALID_FORMAT", message)));

    private static string NameOf(Type type) =>
        type == typeof(int) ? "int"
        : type == typeof(long) ? "long"
        : type.Name;
}

using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Net.Http.Headers;

namespace Veza.Infrastructure.Http;

/// <summary>
/// Refuses U+0000 where a request comes in, in its address and in any text of its JSON: PostgreSQL cannot store it, and
/// a statement that fails on it while the driver prepares it would be spoilt for the next one on that connection
/// (docs/GOTCHAS.md). And a charset that nobody knows.
/// </summary>
internal sealed class WellFormedText : JsonConverter<string>
{
    private const string EscapedInAddress = "%00";

    /// <summary>The framework would throw for it where it reads JSON.</summary>
    internal static Task RefuseUnknownCharset(HttpContext context, RequestDelegate next) =>
        context.Request.ContentType is { } type && !IsKnown(type)
            ? ErrorWriter.Write(context, Errors.UnsupportedMediaType)
            : next(context);

    internal static Task RefuseInAddress(HttpContext context, RequestDelegate next) =>
        context.Request.QueryString.Value?.Contains(EscapedInAddress, StringComparison.Ordinal) == true
        || context.Request.Path.Value?.Contains('\0', StringComparison.Ordinal) == true
            ? ErrorWriter.Write(context, Errors.CharacterRefused)
            : next(context);

    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String)
            throw new JsonException();
        var text = reader.GetString()!;
        return text.Contains('\0', StringComparison.Ordinal)
            ? throw new RefusedException(Errors.CharacterRefused)
            : text;
    }

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value);

    public override string ReadAsPropertyName(
        ref Utf8JsonReader reader,
        Type typeToConvert,
        JsonSerializerOptions options
    ) => reader.GetString()!;

    public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
        writer.WritePropertyName(value);

    private static bool IsKnown(string contentType)
    {
        if (!contentType.Contains("charset", StringComparison.OrdinalIgnoreCase))
            return true;
        if (!MediaTypeHeaderValue.TryParse(contentType, out var type) || !type.Charset.HasValue)
            return true;
        try
        {
            return Encoding.GetEncoding(HeaderUtilities.RemoveQuotes(type.Charset).ToString()) is not null;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return false;
        }
    }
}

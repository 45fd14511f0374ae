using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Veza.Infrastructure.Http;

/// <summary>Times on the wire: RFC 3339, UTC, milliseconds, such as 2026-03-01T18:30:00.000Z.</summary>
internal sealed class UtcTimeConverter : JsonConverter<DateTime>
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
    private const int Chars = 24;

    public override DateTime Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTimeOffset().UtcDateTime;

    public override void Write(Utf8JsonWriter writer, DateTime value, JsonSerializerOptions options)
    {
        Span<char> text = stackalloc char[Chars];
        value.TryFormat(text, out var written, Format, CultureInfo.InvariantCulture);
        writer.WriteStringValue(text[..written]);
    }
}

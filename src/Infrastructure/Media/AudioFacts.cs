using System.Globalization;
using System.Text.Json.Serialization;
using Veza.Infrastructure.Texts;

namespace Veza.Infrastructure.Media;

/// <summary>
/// What a file is, as its own words and one pass over its packets tell. <see cref="Duration"/> is measured, never
/// believed.
/// </summary>
internal sealed record AudioFacts(
    string Container,
    string Codec,
    int SampleRateHz,
    int Channels,
    int BitsPerSample,
    long BitrateBps,
    TimeSpan Duration,
    bool IsLossless,
    bool IsFloat,
    AudioTags Tags
)
{
    /// <summary>A picture stands beside the sound.</summary>
    internal bool HasPicture { get; init; }

    internal long DurationMs => (long)Math.Round(Duration.TotalMilliseconds);
}

/// <summary>The file's own tags: trimmed, without control characters, cut to <see cref="CharsMax"/>.</summary>
internal sealed record AudioTags(
    string? Title,
    string? Artist,
    string? Album,
    string? Genre,
    string? Date,
    string? TrackNumber,
    string? Comment
)
{
    internal const int CharsMax = 500;
    private const int YearChars = 4;

    /// <summary>
    /// The year that <see cref="Date"/> begins with, as in 2019, 2019-05 and 2019-05-01T00:00:00; null when it begins
    /// with none.
    /// </summary>
    internal int? Year =>
        Date is { Length: >= YearChars } date
        && !date.AsSpan(0, YearChars).ContainsAnyExceptInRange('0', '9')
        && (date.Length == YearChars || !char.IsAsciiDigit(date[YearChars]))
        && int.Parse(date.AsSpan(0, YearChars), CultureInfo.InvariantCulture) is > 0 and var year
            ? year
            : null;

    internal static AudioTags Of(params Dictionary<string, string>?[] sources)
    {
        return new AudioTags(
            Find("title"),
            Find("artist", "album_artist"),
            Find("album"),
            Find("genre"),
            Find("date", "year"),
            Find("track"),
            Find("comment")
        );

        string? Find(params string[] names) =>
            names
                .SelectMany(name =>
                    sources.Select(tags =>
                        tags?.FirstOrDefault(tag => tag.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value
                    )
                )
                .Select(Clean)
                .FirstOrDefault(text => text is not null);
    }

    private static string? Clean(string? text)
    {
        if (text is null)
            return null;
        var kept = string.Concat(text.Where(c => !char.IsControl(c))).Trim();
        return kept.Length == 0 ? null : TextCut.To(kept, CharsMax);
    }
}

internal sealed record ProbeAnswer(List<ProbeStream>? Streams, ProbeFormat? Format);

internal sealed record ProbeFormat(
    string? FormatName,
    string? Duration,
    string? BitRate,
    Dictionary<string, string>? Tags
);

internal sealed record ProbeStream(
    string? CodecType,
    string? CodecName,
    string? SampleFmt,
    string? SampleRate,
    int? Channels,
    int? BitsPerSample,
    string? BitsPerRawSample,
    string? BitRate,
    string? Duration,
    Dictionary<string, int>? Disposition,
    Dictionary<string, string>? Tags
);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ProbeAnswer))]
internal sealed partial class ProbeJson : JsonSerializerContext;

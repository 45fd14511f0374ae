using System.Text.Json;
using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;

namespace Veza.Features.Tracks.Reads;

/// <summary>
/// One audio that a track has, had, or is about to have. The one that is heard is <c>is_current</c>; a failed one says
/// why.
/// </summary>
internal sealed record Revision(
    int Number,
    bool IsCurrent,
    string Status,
    Failure? Failure,
    string FileName,
    long SizeBytes,
    string Sha256,
    long? DurationMs,
    int? SampleRateHz,
    int? Channels,
    string? Codec,
    float? LoudnessLufs,
    Variant[] Variants,
    DateTime UploadedAt
)
{
    internal static readonly Revision Example = new(
        2,
        true,
        "ready",
        null,
        "Night Bus (remaster).flac",
        24_398_112,
        Track.Example.Sha256,
        214_000,
        44_100,
        2,
        "flac",
        -14.2f,
        Track.Example.Variants,
        new DateTime(2026, 4, 2, 9, 0, 0, DateTimeKind.Utc)
    );

    internal static readonly Revision Queued = new(
        2,
        false,
        "queued",
        null,
        "Night Bus (remaster).flac",
        24_398_112,
        Track.Example.Sha256,
        null,
        null,
        null,
        null,
        null,
        [],
        Example.UploadedAt
    );
}

/// <summary>
/// A revision as the tables have it: the current one in <c>track</c>, the others in <c>track_revision</c>.
/// </summary>
internal sealed record RevisionRow(
    int Number,
    bool IsCurrent,
    string State,
    string? FailureCode,
    string? FailureMessage,
    string FileName,
    long SizeBytes,
    byte[] Sha256,
    long? DurationMs,
    int? SampleRateHz,
    int? Channels,
    string? Codec,
    float? LoudnessLufs,
    string Variants,
    DateTime AudioSince
)
{
    internal Revision ToRevision() =>
        new(
            Number,
            IsCurrent,
            State == "kept" ? "ready" : State,
            FailureCode is null ? null : new Failure(FailureCode, FailureMessage ?? ""),
            FileName,
            SizeBytes,
            Convert.ToHexStringLower(Sha256),
            DurationMs,
            SampleRateHz,
            Channels,
            Codec,
            LoudnessLufs,
            JsonSerializer.Deserialize(Variants, TrackJson.Default.VariantArray) ?? [],
            AudioSince
        );
}

[JsonSerializable(typeof(Envelope<Revision>))]
[JsonSerializable(typeof(Envelope<Revision[]>))]
internal sealed partial class RevisionJson : JsonSerializerContext;

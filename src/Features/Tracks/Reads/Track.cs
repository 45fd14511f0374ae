using System.Text.Json;
using System.Text.Json.Serialization;
using Veza.Features.Tracks.Likes;
using UserCard = Veza.Features.Users.UsersReads.UserCard;

namespace Veza.Features.Tracks.Reads;

/// <summary>Why a track could not be made: a code for programs, a sentence for the uploader.</summary>
internal sealed record Failure(string Code, string Message);

/// <summary>One encoded form of a track: <c>128k</c>, <c>320k</c> or <c>lossless</c>.</summary>
internal sealed record Variant(string Quality, string Codec, long BitrateBps, long SizeBytes);

/// <summary>
/// The <c>track</c> of the contract. <c>access</c> is the caller's: <c>full</c>, or <c>preview</c> where they hear a
/// part of it only.
/// </summary>
internal sealed record Track(
    Guid Id,
    UserCard User,
    string Title,
    string Artist,
    string Album,
    string Genre,
    string[] Tags,
    string Description,
    string Visibility,
    string Access,
    string Status,
    Failure? Failure,
    int Progress,
    long? DurationMs,
    int? SampleRateHz,
    int? Channels,
    string? Codec,
    int? BitrateBps,
    float? LoudnessLufs,
    float? TruePeakDbtp,
    float? LoudnessRangeLu,
    float? Bpm,
    float? BpmConfidence,
    string? MusicalKey,
    float? MusicalKeyConfidence,
    int? SilenceStartMs,
    int? SilenceEndMs,
    string? CoverUrl,
    string? WaveformUrl,
    Variant[] Variants,
    long SizeBytes,
    string Sha256,
    long PlayCount,
    long LikeCount,
    long CommentCount,
    DateTime? WithdrawnAt,
    DateTime CreatedAt,
    DateTime UpdatedAt
)
{
    /// <summary>Whether the caller likes it; only where one track is shown to somebody.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Liked { get; init; }

    /// <summary>Of the album that the track is on; told where one track is asked for, not in lists.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public float? AlbumLoudnessLufs { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public float? AlbumTruePeakDbtp { get; init; }

    /// <summary>The same recording as another track that the owner may see; told to the owner alone.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? DuplicateOf { get; init; }

    /// <summary>Where the track was suggested: why.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Because? Because { get; init; }

    internal static readonly Track Example = new(
        Guid.Parse("019b0c61-2f4e-7a02-b1c8-7f3e9d5a6b10"),
        new UserCard(Guid.Parse("019b0c5e-8a30-7c11-9d3e-5f0d4c1a2b3c"), "mira", "Mira", null),
        "Night Bus",
        "Mira",
        "Lines",
        "ambient",
        ["night", "city"],
        "Recorded on line 19.",
        "public",
        "full",
        "ready",
        null,
        100,
        214_000,
        44_100,
        2,
        "flac",
        912_000,
        -14.2f,
        -1.1f,
        6.3f,
        92.0f,
        0.81f,
        "A minor",
        0.74f,
        120,
        2_300,
        "/api/v1/tracks/019b0c61-2f4e-7a02-b1c8-7f3e9d5a6b10/cover?v=019b0c61471c7d3a9b50c2d8e4f60718",
        "/api/v1/tracks/019b0c61-2f4e-7a02-b1c8-7f3e9d5a6b10/waveform",
        [
            new Variant("128k", "mp4a.40.2", 129_400, 3_461_000),
            new Variant("320k", "mp4a.40.2", 318_700, 8_525_000),
            new Variant("lossless", "fLaC", 905_100, 24_211_000),
        ],
        24_398_112,
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        12,
        3,
        1,
        null,
        new DateTime(2026, 3, 1, 18, 30, 0, DateTimeKind.Utc),
        new DateTime(2026, 3, 1, 18, 30, 41, DateTimeKind.Utc)
    );
}

/// <summary>A track as the table has it, joined with its uploader.</summary>
internal sealed record TrackRow(
    Guid Id,
    Guid AccountId,
    string Username,
    string DisplayName,
    string? AvatarUrl,
    string Title,
    string Artist,
    string Album,
    string Genre,
    string[] Tags,
    string Description,
    string Visibility,
    string Status,
    string? FailureCode,
    string? FailureMessage,
    short Progress,
    string FileName,
    byte[] Sha256,
    long SizeBytes,
    long? DurationMs,
    int? SampleRateHz,
    int? Channels,
    string? Codec,
    int? BitrateBps,
    float? LoudnessLufs,
    float? TruePeakDbtp,
    float? LoudnessRangeLu,
    float? Bpm,
    float? BpmConfidence,
    string? MusicalKey,
    float? MusicalKeyConfidence,
    int? SilenceStartMs,
    int? SilenceEndMs,
    string? CoverUrl,
    string Variants,
    string StoragePrefix,
    long Revision,
    long PlayCount,
    long LikeCount,
    long CommentCount,
    DateTime? WithdrawnAt,
    DateTime CreatedAt,
    DateTime UpdatedAt,
    bool HearsAll
)
{
    /// <summary>
    /// For <c>from track t join account a on a.id = t.account_id</c>, where the caller is known to be the owner.
    /// </summary>
    internal const string Columns = $"{Facts}, true as hears_all";

    /// <summary>
    /// The same for any caller: the statement has a parameter <c>@callerId</c>. Nothing is looked up but for tracks
    /// that not everybody hears.
    /// </summary>
    internal const string ColumnsForCaller =
        $"{Facts}, t.visibility in ('public', 'unlisted') or hears_all(t.visibility, t.account_id, @callerId) "
        + $"as hears_all";

    private const string Facts = $"""
        t.id, t.account_id, a.username, a.display_name, a.avatar_url, t.title, t.artist, t.album, t.genre, t.tags,
        t.description, t.visibility, t.status, t.failure_code, t.failure_message, t.progress, t.file_name, t.sha256,
          t.size_bytes,
        t.duration_ms, t.sample_rate_hz, t.channels, t.codec, t.bitrate_bps, t.loudness_lufs, t.true_peak_dbtp,
          t.loudness_range_lu,
        t.bpm, t.bpm_confidence, t.musical_key, t.musical_key_confidence, t.silence_start_ms, t.silence_end_ms,
          t.cover_url,
        t.variants::text, t.storage_prefix, t.revision, t.play_count, {TrackCounts.Likes}, {TrackCounts.Comments},
        t.withdrawn_at, t.created_at, t.updated_at
        """;

    internal bool IsReady => Status == "ready";

    internal Track ToTrack() =>
        new(
            Id,
            new UserCard(AccountId, Username, DisplayName, AvatarUrl),
            Title.Length > 0 ? Title : Path.GetFileNameWithoutExtension(FileName),
            Artist,
            Album,
            Genre,
            Tags,
            Description,
            Visibility,
            HearsAll ? "full" : "preview",
            Status,
            FailureCode is null ? null : new Failure(FailureCode, FailureMessage ?? ""),
            Progress,
            DurationMs,
            SampleRateHz,
            Channels,
            Codec,
            BitrateBps,
            LoudnessLufs,
            TruePeakDbtp,
            LoudnessRangeLu,
            Bpm,
            BpmConfidence,
            MusicalKey,
            MusicalKeyConfidence,
            SilenceStartMs,
            SilenceEndMs,
            CoverUrl,
            IsReady ? $"/api/v1/tracks/{Id}/waveform" : null,
            JsonSerializer.Deserialize(Variants, TrackJson.Default.VariantArray) ?? [],
            SizeBytes,
            Convert.ToHexStringLower(Sha256),
            PlayCount,
            LikeCount,
            CommentCount,
            WithdrawnAt,
            CreatedAt,
            UpdatedAt
        );
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Variant[]))]
[JsonSerializable(typeof(Track))]
[JsonSerializable(typeof(TranscodeTrack.Payload))]
internal sealed partial class TrackJson : JsonSerializerContext;

namespace Veza.Infrastructure.Media;

/// <summary>
/// What a file's name says of it, before its bytes are there. The bytes decide; this only spares the way of what could
/// not be taken.
/// </summary>
internal static class AudioNames
{
    internal static AudioKind? Of(string fileName) =>
        Path.GetExtension(fileName).ToLowerInvariant() switch
        {
            ".mp3" => AudioKind.Mp3,
            ".aac" or ".adts" => AudioKind.Adts,
            ".m4a" or ".m4b" or ".mp4" or ".alac" => AudioKind.Mp4,
            ".flac" => AudioKind.Flac,
            ".wav" or ".wave" or ".rf64" or ".bwf" => AudioKind.Wav,
            ".aif" or ".aiff" or ".aifc" => AudioKind.Aiff,
            ".ogg" or ".oga" => AudioKind.Ogg,
            ".opus" => AudioKind.OggOpus,
            _ => null,
        };
}

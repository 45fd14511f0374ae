namespace Veza.Infrastructure.Media;

/// <summary>
/// A container of audio that the house takes, with the name, file ending and content type it is known by.
/// </summary>
internal sealed record AudioKind(string Name, string Extension, string ContentType)
{
    internal static readonly AudioKind Mp3 = new("mp3", ".mp3", "audio/mpeg"),
        Adts = new("adts", ".aac", "audio/aac"),
        Mp4 = new("mp4", ".m4a", "audio/mp4"),
        Flac = new("flac", ".flac", "audio/flac"),
        Wav = new("wav", ".wav", "audio/wav"),
        Aiff = new("aiff", ".aiff", "audio/aiff"),
        Ogg = new("ogg", ".ogg", "audio/ogg"),
        OggOpus = new("opus", ".opus", "audio/ogg; codecs=opus");
}

namespace Veza.Infrastructure.Realtime;

/// <summary>
/// What came in: a text message, one that was too large and has been skipped, one that was not text, or the end.
/// </summary>
internal enum FrameKind
{
    Text,
    TooLarge,
    NotText,
    End,
}

namespace Veza.Features.Uploads;

/// <summary>How much may come in, and how much of it may be under way.</summary>
internal static class UploadsLimits
{
    internal const long FileBytesMax = 2L * 1024 * 1024 * 1024,
        FormBytesMax = 1024 * 1024;

    internal const int WaitingMax = 100,
        OpenMax = 100;
}

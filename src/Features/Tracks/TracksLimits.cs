namespace Veza.Features.Tracks;

/// <summary>How much there may be of what this room keeps and takes.</summary>
internal static class TracksLimits
{
    internal const long UploadBytesMax = 2L * 1024 * 1024 * 1024,
        FormBytesMax = 1024 * 1024;

    internal const int NameCharsMax = 200,
        DescriptionCharsMax = 5000,
        TagsMax = 20,
        TagCharsMax = 50,
        QueryCharsMax = 200,
        WaitingMax = 100,
        UploadsOpenMax = 100,
        BlockReasonCharsMax = 500;

    internal const int QueryWordsMax = 12,
        FacetValuesMax = 50,
        FacetChosenMax = 10,
        SuggestionsMax = 10;
}

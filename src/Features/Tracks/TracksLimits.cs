namespace Veza.Features.Tracks;

/// <summary>How much there may be of what this room keeps and takes.</summary>
internal static class TracksLimits
{
    internal const int NameCharsMax = 200,
        DescriptionCharsMax = 5000,
        TagsMax = 20,
        TagCharsMax = 50,
        QueryCharsMax = 200,
        BlockReasonCharsMax = 500;

    internal const int QueryWordsMax = 12,
        FacetValuesMax = 50,
        FacetChosenMax = 10,
        SuggestionsMax = 10;
}

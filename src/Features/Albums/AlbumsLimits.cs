namespace Veza.Features.Albums;

/// <summary>How much there may be of what this room keeps and takes.</summary>
internal static class AlbumsLimits
{
    internal const int NameCharsMax = 200,
        DescriptionCharsMax = 5000,
        AlbumsMax = 1000,
        TracksMax = 200;
}

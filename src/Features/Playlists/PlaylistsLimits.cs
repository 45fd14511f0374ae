namespace Veza.Features.Playlists;

/// <summary>How much there may be of what this room keeps and takes.</summary>
internal static class PlaylistsLimits
{
    internal const int NameCharsMax = 200,
        DescriptionCharsMax = 5000,
        PlaylistsMax = 1000,
        ItemsMax = 1000,
        CollaboratorsMax = 50;
}

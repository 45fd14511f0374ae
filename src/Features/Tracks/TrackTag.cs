using System.Text.Json;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;

namespace Veza.Features.Tracks;

/// <summary>The <see cref="EditTag"/> of a track: what its owner edits, and all of it.</summary>
internal static class TrackTag
{
    internal static string Of(Track track) =>
        EditTag.Of(Edited(track), JsonSerializer.SerializeToUtf8Bytes(track, TrackJson.Default.Track));

    internal static bool IsStale(HttpRequest request, Track track) => EditTag.IsStale(request, Edited(track));

    private static string[] Edited(Track track) =>
        [track.Title, track.Artist, track.Album, track.Genre, track.Description, track.Visibility, .. track.Tags];
}

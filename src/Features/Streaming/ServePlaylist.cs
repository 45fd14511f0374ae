using Veza.Infrastructure.Http;
using Veza.Infrastructure.Media;

namespace Veza.Features.Streaming;

/// <summary>
/// The HLS playlists behind a signed URL: <c>master.m3u8</c>, and one per quality. Made from the ladder; no SQL. A
/// preview's name the preview's segments alone.
/// </summary>
internal static class ServePlaylist
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapMethods("/stream/{grant}/{trackId}/{revision}/{playlist}.m3u8", ["GET", "HEAD"], Handle)
            .WithName("ServePlaylist")
            .Anonymous()
            .Unmetered()
            .Produces(StatusCodes.Status200OK, contentType: HlsPlaylists.ContentType)
            .Documented(
                "Streaming",
                "Show a track's HLS playlist",
                errors: [StreamingErrors.StreamSignatureInvalid, StreamingErrors.StreamNotFound]
            );

    private static async Task<IResult> Handle(
        string grant,
        Guid trackId,
        long revision,
        string playlist,
        HttpContext http,
        StreamGrants grants,
        Ladders ladders,
        CancellationToken ct
    )
    {
        StreamHeaders.AllowAllOrigins(http.Response);
        var (given, refused) = await GrantedLadder.Find(grants, ladders, grant, trackId, revision, ct);
        if (given is null)
            return (Answer<Nothing>)refused!;
        var rendition = given.Ladder.Renditions.FirstOrDefault(r => r.Quality == playlist);
        if (rendition is null && playlist != "master")
            return (Answer<Nothing>)StreamingErrors.StreamNotFound;
        StreamHeaders.Say(http.Response, given.Grant);
        return TypedResults.Bytes(
            rendition is null
                ? HlsPlaylists.Master(given.Ladder, notes: Normalization.Notes(given.Grant.Terms))
                : HlsPlaylists.Media(rendition, part: given.Segments),
            HlsPlaylists.ContentType,
            entityTag: new($"\"{revision}-{playlist}-playlist\"")
        );
    }
}

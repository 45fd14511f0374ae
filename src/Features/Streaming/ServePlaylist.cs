using FastEndpoints;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Media;

namespace Veza.Features.Streaming;

/// <summary>
/// The HLS playlists behind a signed URL: <c>master.m3u8</c>, and one per quality. Made from the ladder; no SQL. A
/// preview's name the preview's segments alone.
/// </summary>
internal sealed class ServePlaylist(StreamGrants grants, Ladders ladders) : ResultSlice<ServePlaylist.Request>
{
    internal sealed record Request(string Grant, Guid TrackId, long Revision, string Playlist);

    public override void Configure()
    {
        Verbs(Http.GET, Http.HEAD);
        Routes("/stream/{grant}/{trackId}/{revision}/{playlist}.m3u8");
        Group<StreamingGroup>();
        Description(route =>
            route
                .Anonymous()
                .Unmetered()
                .Produces(StatusCodes.Status200OK, contentType: HlsPlaylists.ContentType)
                .Described(
                    "Show a track's HLS playlist",
                    errors: [StreamingErrors.StreamSignatureInvalid, StreamingErrors.StreamNotFound]
                )
        );
    }

    public override async Task<IResult> ExecuteAsync(Request request, CancellationToken ct)
    {
        StreamHeaders.AllowAllOrigins(HttpContext.Response);
        var (given, refused) = await GrantedLadder.Find(
            grants,
            ladders,
            request.Grant,
            request.TrackId,
            request.Revision,
            ct
        );
        if (given is null)
            return refused!;
        var rendition = given.Ladder.Renditions.FirstOrDefault(r => r.Quality == request.Playlist);
        if (rendition is null && request.Playlist != "master")
            return StreamingErrors.StreamNotFound;
        StreamHeaders.Say(HttpContext.Response, given.Grant);
        return TypedResults.Bytes(
            rendition is null
                ? HlsPlaylists.Master(given.Ladder, notes: Normalization.Notes(given.Grant.Terms))
                : HlsPlaylists.Media(rendition, part: given.Segments),
            HlsPlaylists.ContentType,
            entityTag: new($"\"{request.Revision}-{request.Playlist}-playlist\"")
        );
    }
}

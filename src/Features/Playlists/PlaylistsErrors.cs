using Veza.Infrastructure.Http;

namespace Veza.Features.Playlists;

/// <summary>How requests about playlists fail.</summary>
internal static class PlaylistsErrors
{
    internal static readonly Error PlaylistNotFound = new("PLAYLIST_NOT_FOUND", 404, "There is no such playlist");

    internal static readonly Error PlaylistForbidden = new(
        "PLAYLIST_FORBIDDEN",
        403,
        "The playlist is somebody else's: its owner and collaborators change its items, its owner the rest"
    );

    internal static readonly Error TooManyPlaylists = new(
        "TOO_MANY_PLAYLISTS",
        409,
        "You have as many playlists as are allowed; delete one first"
    );

    internal static readonly Error ItemNotFound = new("ITEM_NOT_FOUND", 404, "There is no such item on this playlist");

    internal static readonly Error PlaylistFull = new(
        "PLAYLIST_FULL",
        409,
        "The playlist has as many items as are allowed; take one off first"
    );

    internal static readonly Error TooManyCollaborators = new(
        "TOO_MANY_COLLABORATORS",
        409,
        "The playlist has as many collaborators and invitations as are allowed"
    );

    internal static readonly Error InvitationNotFound = new(
        "INVITATION_NOT_FOUND",
        404,
        "You were not invited to this playlist"
    );

    internal static readonly Error OwnPlaylist = new("OWN_PLAYLIST", 409, "You cannot follow your own playlist");
}

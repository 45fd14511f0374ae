using Veza.Infrastructure;
using Veza.Infrastructure.Http;

namespace Veza.Features.Playlists;

/// <summary>Tracks in an order that somebody chose, alone or with others.</summary>
internal static class PlaylistsModule
{
    internal static readonly Module Inventory = new("Playlists")
    {
        Slices =
        [
            new(Roles.Api, typeof(CreatePlaylist), CreatePlaylistJson.Default),
            new(Roles.Api, typeof(ShowPlaylist)),
            new(Roles.Api, typeof(EditPlaylist), EditPlaylistJson.Default),
            new(Roles.Api, typeof(DeletePlaylist)),
            new(Roles.Api, typeof(ListOwnPlaylists)),
            new(Roles.Api, typeof(ListUserPlaylists)),
            new(Roles.Api, typeof(ListItems)),
            new(Roles.Api, typeof(AddItem), AddItemJson.Default),
            new(Roles.Api, typeof(MoveItem), MoveItemJson.Default),
            new(Roles.Api, typeof(RemoveItem)),
            new(Roles.Api, typeof(InviteCollaborator), InviteCollaboratorJson.Default),
            new(Roles.Api, typeof(ListCollaborators), ListCollaboratorsJson.Default),
            new(Roles.Api, typeof(AcceptInvitation)),
            new(Roles.Api, typeof(LeavePlaylist)),
            new(Roles.Api, typeof(RemoveCollaborator)),
            new(Roles.Api, typeof(FollowPlaylist)),
            new(Roles.Api, typeof(UnfollowPlaylist)),
        ],
        Json = [PlaylistJson.Default, PlaylistItemJson.Default],
    };
}

/// <summary>What the slices of this room share.</summary>
internal sealed class PlaylistsGroup() : SliceGroup("/api/v1", "Playlists");

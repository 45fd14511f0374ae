using Veza.Infrastructure;

namespace Veza.Features.Playlists;

/// <summary>Tracks in an order that somebody chose, alone or with others.</summary>
internal static class PlaylistsModule
{
    internal static readonly Module Inventory = new("Playlists")
    {
        Slices =
        [
            (Roles.Api, CreatePlaylist.Endpoint),
            (Roles.Api, ShowPlaylist.Endpoint),
            (Roles.Api, EditPlaylist.Endpoint),
            (Roles.Api, DeletePlaylist.Endpoint),
            (Roles.Api, ListOwnPlaylists.Endpoint),
            (Roles.Api, ListUserPlaylists.Endpoint),
            (Roles.Api, ListItems.Endpoint),
            (Roles.Api, AddItem.Endpoint),
            (Roles.Api, MoveItem.Endpoint),
            (Roles.Api, RemoveItem.Endpoint),
            (Roles.Api, InviteCollaborator.Endpoint),
            (Roles.Api, ListCollaborators.Endpoint),
            (Roles.Api, AcceptInvitation.Endpoint),
            (Roles.Api, LeavePlaylist.Endpoint),
            (Roles.Api, RemoveCollaborator.Endpoint),
            (Roles.Api, FollowPlaylist.Endpoint),
            (Roles.Api, UnfollowPlaylist.Endpoint),
        ],
        Json =
        [
            PlaylistJson.Default,
            CreatePlaylistJson.Default,
            EditPlaylistJson.Default,
            PlaylistItemJson.Default,
            AddItemJson.Default,
            MoveItemJson.Default,
            InviteCollaboratorJson.Default,
            ListCollaboratorsJson.Default,
        ],
    };
}

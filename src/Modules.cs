using Veza.Features.Albums;
using Veza.Features.Auth;
using Veza.Features.Chat;
using Veza.Features.Discovery;
using Veza.Features.Notifications;
using Veza.Features.Operations;
using Veza.Features.Playlists;
using Veza.Features.Plays;
using Veza.Features.Streaming;
using Veza.Features.Tracks;
using Veza.Features.Uploads;
using Veza.Features.Users;
using Veza.Infrastructure;

namespace Veza;

/// <summary>
/// The only list of modules. A role is a filter over it: a process maps the slices, and runs the jobs, of its roles.
/// </summary>
internal static class Modules
{
    internal static readonly Module[] All =
    [
        AuthModule.Inventory,
        UsersModule.Inventory,
        UploadsModule.Inventory,
        TracksModule.Inventory,
        DiscoveryModule.Inventory,
        StreamingModule.Inventory,
        PlaylistsModule.Inventory,
        AlbumsModule.Inventory,
        PlaysModule.Inventory,
        ChatModule.Inventory,
        NotificationsModule.Inventory,
        OperationsModule.Inventory,
    ];
}

using Veza.Infrastructure;
using Veza.Infrastructure.Realtime;

namespace Veza.Features.Chat;

/// <summary>Rooms, their members, their messages, and the socket that tells of them.</summary>
internal static class ChatModule
{
    internal const int RoomNameCharsMax = 80, TopicCharsMax = 500, ContentCharsMax = 4000, ClientIdCharsMax = 64;
    internal const int FrameBytesMax = 32 * 1024, SubscriptionsMax = 200, FramesPerSecondMax = 200;

    /// <summary>Half of what a connection's queue holds: the other half is for what is said meanwhile.</summary>
    internal const int ResumeMessagesMax = SocketConnection.QueueFramesMax / 2, ResumeBytesMax = SocketConnection.QueueBytesMax / 2;

    internal static readonly Module Inventory = new("Chat")
    {
        Slices =
        [
            (Roles.Chat, CreateRoom.Endpoint),
            (Roles.Chat, ListRooms.Endpoint),
            (Roles.Chat, ShowRoom.Endpoint),
            (Roles.Chat, JoinRoom.Endpoint),
            (Roles.Chat, LeaveRoom.Endpoint),
            (Roles.Chat, ListMembers.Endpoint),
            (Roles.Chat, InviteToRoom.Endpoint),
            (Roles.Chat, ListMessages.Endpoint),
            (Roles.Chat, PostMessage.Endpoint),
            (Roles.Chat, OpenSocket.Endpoint),
        ],
        Json = [RoomJson.Default, CreateRoomJson.Default, ListMembersJson.Default, InviteToRoomJson.Default, PostMessageJson.Default],
        Nouns = (services, roles) =>
        {
            if (!roles.Contains(Roles.Chat)) return;
            services.AddSingleton<MessageLog>().AddSingleton<RoomAccess>().AddSingleton<RoomFeeds>();
            services.AddHostedService(provider => provider.GetRequiredService<RoomFeeds>());
        },
    };
}

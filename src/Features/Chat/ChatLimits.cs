using Veza.Infrastructure.Realtime;

namespace Veza.Features.Chat;

/// <summary>How much there may be of what this room keeps and takes.</summary>
internal static class ChatLimits
{
    internal const int RoomNameCharsMax = 80,
        TopicCharsMax = 500,
        ContentCharsMax = 4000,
        ClientIdCharsMax = 64;

    internal const long AttachmentBytesMax = 25 * 1024 * 1024,
        AttachmentFormBytesMax = 64 * 1024;

    internal const int AttachmentsMax = 10,
        AttachmentNameCharsMax = 150;

    internal const int ReasonCharsMax = 500,
        QueryCharsMax = 200,
        SlowModeMaxS = 6 * 60 * 60;

    /// <summary>Of one person, and of one room.</summary>
    internal const int RoomsOwnedMax = 100,
        RoomsJoinedMax = 1000,
        MembersMax = 20_000,
        InvitesMax = 500,
        BansMax = 5000,
        MutesMax = 1000;

    internal const int FrameBytesMax = 32 * 1024,
        SubscriptionsMax = 200,
        FramesPerSecondMax = 200;

    /// <summary>Half of what a connection's queue holds: the other half is for what is said meanwhile.</summary>
    internal const int ResumeMessagesMax = SocketConnection.QueueFramesMax / 2,
        ResumeBytesMax = SocketConnection.QueueBytesMax / 2;
}

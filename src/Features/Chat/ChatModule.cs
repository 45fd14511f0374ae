using Veza.Features.Chat.Direct;
using Veza.Features.Chat.Messages;
using Veza.Features.Chat.Presence;
using Veza.Features.Chat.Realtime;
using Veza.Features.Chat.Rooms;
using Veza.Infrastructure;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Events;
using Veza.Infrastructure.Jobs;

namespace Veza.Features.Chat;

/// <summary>Rooms, their members, their messages, and the socket that tells of them.</summary>
internal static class ChatModule
{
    internal static readonly Module Inventory = new("Chat")
    {
        Settings = [SettingsPart.Of(ChatSettings.Read)],
        Policies = ChatPolicies.All,
        Triggers =
        [
            new EventTrigger("message", "message_posted_event", ChatEvents.Posted),
            new EventTrigger("message", "message_named_event", ChatEvents.Posted),
            new EventTrigger("message", "message_deleted_event", ChatEvents.Deleted),
            new EventTrigger("room_member", "members_gone_event", ChatEvents.Left),
        ],
        Slices =
        [
            (Roles.Chat, CreateRoom.Endpoint),
            (Roles.Chat, ListRooms.Endpoint),
            (Roles.Chat, ShowRoom.Endpoint),
            (Roles.Chat, EditRoom.Endpoint),
            (Roles.Chat, DeleteRoom.Endpoint),
            (Roles.Chat, JoinRoom.Endpoint),
            (Roles.Chat, LeaveRoom.Endpoint),
            (Roles.Chat, ListMembers.Endpoint),
            (Roles.Chat, ChangeRole.Endpoint),
            (Roles.Chat, KickMember.Endpoint),
            (Roles.Chat, MuteMember.Endpoint),
            (Roles.Chat, UnmuteMember.Endpoint),
            (Roles.Chat, BanPerson.Endpoint),
            (Roles.Chat, LiftBan.Endpoint),
            (Roles.Chat, ListBans.Endpoint),
            (Roles.Chat, InviteToRoom.Endpoint),
            (Roles.Chat, ListInvites.Endpoint),
            (Roles.Chat, ListOwnInvites.Endpoint),
            (Roles.Chat, WithdrawInvite.Endpoint),
            (Roles.Chat, DeclineInvite.Endpoint),
            (Roles.Chat, ListConversations.Endpoint),
            (Roles.Chat, ReadConversation.Endpoint),
            (Roles.Chat, WriteDirectly.Endpoint),
            (Roles.Chat, ListMessages.Endpoint),
            (Roles.Chat, PostMessage.Endpoint),
            (Roles.Chat, SearchMessages.Endpoint),
            (Roles.Chat, ShowMessage.Endpoint),
            (Roles.Chat, EditMessage.Endpoint),
            (Roles.Chat, DeleteMessage.Endpoint),
            (Roles.Chat, ListMessageRevisions.Endpoint),
            (Roles.Chat, AddReaction.Endpoint),
            (Roles.Chat, RemoveReaction.Endpoint),
            (Roles.Chat, ListReactions.Endpoint),
            (Roles.Chat, PinMessage.Endpoint),
            (Roles.Chat, UnpinMessage.Endpoint),
            (Roles.Chat, ListPins.Endpoint),
            (Roles.Chat, UploadAttachment.Endpoint),
            (Roles.Chat, DownloadAttachment.Endpoint),
            (Roles.Chat, ListUnread.Endpoint),
            (Roles.Chat, MarkRead.Endpoint),
            (Roles.Chat, ListReceipts.Endpoint),
            (Roles.Chat, ChooseReceipts.Endpoint),
            (Roles.Chat, OpenSocket.Endpoint),
            (Roles.Chat, ShowChatPage.Endpoint),
            (Roles.Chat, ShowAsyncApi.Endpoint),
            (Roles.Chat, ShowPresence.Endpoint),
        ],
        Upkeep =
        [
            UpkeepTask.Of(MessageMonths.Keep),
            UpkeepTask.Of(RoomUpkeep.Clear),
            UpkeepTask.Of(RoomUpkeep.ForgetOver),
            UpkeepTask.Of(RoomUpkeep.Recount),
            UpkeepTask.Of(RoomUpkeep.FindHeirs),
            UpkeepTask.Of(RoomDirectory.NoteActivity),
            UpkeepTask.Of(Departures.Forget),
            UpkeepTask.Of(Attachments.ForgetLoose),
            UpkeepTask.Of(CustomStatus.Forget),
        ],
        Constraints = ChatErrors.ByConstraint,
        Json =
        [
            RoomJson.Default,
            CreateRoomJson.Default,
            EditRoomJson.Default,
            RoomMemberJson.Default,
            ChangeRoleJson.Default,
            MuteMemberJson.Default,
            BanJson.Default,
            BanPersonJson.Default,
            InviteToRoomJson.Default,
            ListInvitesJson.Default,
            ListOwnInvitesJson.Default,
            PostMessageJson.Default,
            ConversationJson.Default,
            WriteDirectlyJson.Default,
            EditMessageJson.Default,
            ListMessageRevisionsJson.Default,
            ListReactionsJson.Default,
            UploadAttachmentJson.Default,
            MarkReadJson.Default,
            ListReceiptsJson.Default,
            ChooseReceiptsJson.Default,
            ShowPresenceJson.Default,
        ],
        Nouns = (services, roles) =>
        {
            if (roles.Contains(Roles.Worker))
                services.AddHostedService<MessageRetention>();
            if (!roles.Contains(Roles.Chat))
                return;
            services.AddSingleton<AttachmentsUnderWay>();
            services
                .AddSingleton<MessageActs>()
                .AddSingleton<MessageEdits>()
                .AddSingleton<MessageDeletion>()
                .AddSingleton<Reactions>()
                .AddSingleton<Pins>()
                .AddSingleton<ReadMarks>();
            services
                .AddSingleton<ReadReceipts>()
                .AddHostedService(provider => provider.GetRequiredService<ReadReceipts>());
            services
                .AddSingleton<MessageLog>()
                .AddSingleton<MessageWriter>()
                .AddSingleton<MessagePosts>()
                .AddSingleton<RoomAccess>()
                .AddSingleton<Conversations>();
            services.AddSingleton<RecentMessages>().AddSingleton<RoomFeeds>();
            services.AddHostedService(provider => provider.GetRequiredService<RoomFeeds>());
            services
                .AddSingleton<PersonalNews>()
                .AddHostedService(provider => provider.GetRequiredService<PersonalNews>());
            services.AddHostedService<Departures>();
            services
                .AddSingleton<Typing>()
                .AddSingleton<LocalPresence>()
                .AddSingleton<PresenceStore>()
                .AddSingleton<PresencePeople>()
                .AddSingleton<PresenceNews>();
            services.AddSingleton<CustomStatus>().AddSingleton<PresenceActs>();
            services
                .AddSingleton<PresenceLoop>()
                .AddHostedService(provider => provider.GetRequiredService<PresenceLoop>());
            OpenSocket.AddWatch(services);
        },
    };
}

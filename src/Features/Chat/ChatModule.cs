using Veza.Features.Chat.Direct;
using Veza.Features.Chat.Messages;
using Veza.Features.Chat.Presence;
using Veza.Features.Chat.Realtime;
using Veza.Features.Chat.Rooms;
using Veza.Infrastructure;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Events;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Jobs;

namespace Veza.Features.Chat;

/// <summary>Rooms, their members, their messages, and the socket that tells of them.</summary>
internal static class ChatModule
{
    internal static readonly Module Inventory = new("Chat")
    {
        Slices =
        [
            new(Roles.Chat, typeof(CreateRoom), CreateRoomJson.Default),
            new(Roles.Chat, typeof(ListRooms)),
            new(Roles.Chat, typeof(ShowRoom)),
            new(Roles.Chat, typeof(EditRoom), EditRoomJson.Default),
            new(Roles.Chat, typeof(DeleteRoom)),
            new(Roles.Chat, typeof(JoinRoom)),
            new(Roles.Chat, typeof(LeaveRoom)),
            new(Roles.Chat, typeof(ListMembers)),
            new(Roles.Chat, typeof(ChangeRole), ChangeRoleJson.Default),
            new(Roles.Chat, typeof(KickMember)),
            new(Roles.Chat, typeof(MuteMember), MuteMemberJson.Default),
            new(Roles.Chat, typeof(UnmuteMember)),
            new(Roles.Chat, typeof(BanPerson), BanPersonJson.Default),
            new(Roles.Chat, typeof(LiftBan)),
            new(Roles.Chat, typeof(ListBans)),
            new(Roles.Chat, typeof(InviteToRoom), InviteToRoomJson.Default),
            new(Roles.Chat, typeof(ListInvites), ListInvitesJson.Default),
            new(Roles.Chat, typeof(ListOwnInvites), ListOwnInvitesJson.Default),
            new(Roles.Chat, typeof(WithdrawInvite)),
            new(Roles.Chat, typeof(DeclineInvite)),
            new(Roles.Chat, typeof(ListConversations)),
            new(Roles.Chat, typeof(ReadConversation)),
            new(Roles.Chat, typeof(WriteDirectly), WriteDirectlyJson.Default),
            new(Roles.Chat, typeof(ListMessages)),
            new(Roles.Chat, typeof(PostMessage), PostMessageJson.Default),
            new(Roles.Chat, typeof(SearchMessages)),
            new(Roles.Chat, typeof(ShowMessage)),
            new(Roles.Chat, typeof(EditMessage), EditMessageJson.Default),
            new(Roles.Chat, typeof(DeleteMessage)),
            new(Roles.Chat, typeof(ListMessageRevisions), ListMessageRevisionsJson.Default),
            new(Roles.Chat, typeof(AddReaction)),
            new(Roles.Chat, typeof(RemoveReaction)),
            new(Roles.Chat, typeof(ListReactions), ListReactionsJson.Default),
            new(Roles.Chat, typeof(PinMessage)),
            new(Roles.Chat, typeof(UnpinMessage)),
            new(Roles.Chat, typeof(ListPins)),
            new(Roles.Chat, typeof(UploadAttachment), UploadAttachmentJson.Default),
            new(Roles.Chat, typeof(DownloadAttachment)),
            new(Roles.Chat, typeof(ListUnread)),
            new(Roles.Chat, typeof(MarkRead), MarkReadJson.Default),
            new(Roles.Chat, typeof(ListReceipts), ListReceiptsJson.Default),
            new(Roles.Chat, typeof(ChooseReceipts), ChooseReceiptsJson.Default),
            new(Roles.Chat, typeof(OpenSocket)),
            new(Roles.Chat, typeof(ShowChatPage)),
            new(Roles.Chat, typeof(ShowAsyncApi)),
            new(Roles.Chat, typeof(ShowPresence), ShowPresenceJson.Default),
        ],
        Settings = [SettingsPart.Of(ChatSettings.Read)],
        Policies = ChatPolicies.All,
        Triggers =
        [
            new EventTrigger("message", "message_posted_event", ChatEvents.Posted),
            new EventTrigger("message", "message_named_event", ChatEvents.Posted),
            new EventTrigger("message", "message_deleted_event", ChatEvents.Deleted),
            new EventTrigger("room_member", "members_gone_event", ChatEvents.Left),
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
        Json = [RoomJson.Default, RoomMemberJson.Default, BanJson.Default, ConversationJson.Default],
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

/// <summary>What the slices of this room share.</summary>
internal sealed class ChatGroup() : SliceGroup("/api/v1/chat", "Chat");

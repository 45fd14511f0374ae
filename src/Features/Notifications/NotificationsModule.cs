using Veza.Features.Notifications.Devices;
using Veza.Features.Notifications.Pushes;
using Veza.Infrastructure;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Events;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Push;
using ChatEvents = Veza.Features.Chat.ChatEvents;
using UsersEvents = Veza.Features.Users.UsersEvents;

namespace Veza.Features.Notifications;

/// <summary>
/// What people want to be told of, where they are told, and that they are told no more of what is over.
/// </summary>
internal static class NotificationsModule
{
    internal static readonly Module Inventory = new("Notifications")
    {
        Slices =
        [
            new(Roles.Api, typeof(SetNotificationSettings)),
            new(Roles.Api, typeof(ListNotifications)),
            new(Roles.Api, typeof(CountUnreadNotifications), CountUnreadNotificationsJson.Default),
            new(Roles.Api, typeof(ReadNotifications), ReadNotificationsJson.Default),
            new(Roles.Api, typeof(ShowNotificationSettings)),
            new(Roles.Api, typeof(ListRoomNotificationSettings)),
            new(Roles.Api, typeof(SetRoomNotificationSettings)),
            new(Roles.Api, typeof(ClearRoomNotificationSettings)),
            new(Roles.Api, typeof(ShowVapidKey), ShowVapidKeyJson.Default),
            new(Roles.Api, typeof(ListPushDevices)),
            new(Roles.Api, typeof(RegisterPushDevice)),
            new(Roles.Api, typeof(RemovePushDevice)),
        ],
        Jobs = [SendPush.Kind],
        Subscriptions =
        [
            EventSubscription.Of<NotifyOfMessage>("notify_of_message", ChatEvents.Posted).FromTheBeginning(),
            EventSubscription
                .Of<WithdrawNotifications>("withdraw", ChatEvents.Deleted, ChatEvents.Left, UsersEvents.Parted)
                .FromTheBeginning(),
        ],
        Settings = [SettingsPart.Of(NotificationsSettings.Read)],
        Upkeep = [UpkeepTask.Of(NotificationRetention.Forget)],
        Json =
        [
            NotificationJson.Default,
            NotificationSettingsJson.Default,
            RoomNotificationSettingsJson.Default,
            PushDeviceJson.Default,
        ],
        Sealed = [PushAddress.Addresses],
        Nouns = (services, roles) =>
        {
            services.AddSingleton<Vapid>().AddSingleton<PushDestinations>();
            if (roles.Contains(Roles.Worker))
                services
                    .AddSingleton<PushHttp>()
                    .AddSingleton<IPushSender, WebPushSender>()
                    .AddSingleton<IPushSender, GatewaySender>();
        },
    };
}

/// <summary>What the slices of this room share.</summary>
internal sealed class NotificationsGroup() : SliceGroup("/api/v1/notifications", "Notifications");

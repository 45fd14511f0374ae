using Veza.Features.Notifications.Devices;
using Veza.Features.Notifications.Pushes;
using Veza.Infrastructure;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Events;
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
            (Roles.Api, ListNotifications.Endpoint),
            (Roles.Api, CountUnreadNotifications.Endpoint),
            (Roles.Api, ReadNotifications.Endpoint),
            (Roles.Api, ShowNotificationSettings.Endpoint),
            (Roles.Api, SetNotificationSettings.Endpoint),
            (Roles.Api, ListRoomNotificationSettings.Endpoint),
            (Roles.Api, SetRoomNotificationSettings.Endpoint),
            (Roles.Api, ClearRoomNotificationSettings.Endpoint),
            (Roles.Api, ShowVapidKey.Endpoint),
            (Roles.Api, ListPushDevices.Endpoint),
            (Roles.Api, RegisterPushDevice.Endpoint),
            (Roles.Api, RemovePushDevice.Endpoint),
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
            CountUnreadNotificationsJson.Default,
            ReadNotificationsJson.Default,
            NotificationSettingsJson.Default,
            RoomNotificationSettingsJson.Default,
            PushDeviceJson.Default,
            ShowVapidKeyJson.Default,
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

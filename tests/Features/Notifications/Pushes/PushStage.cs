using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Notifications.Pushes;

/// <summary>People who talk and their devices, for tests of what those are told.</summary>
internal sealed class PushStage(VezaServer server, PushService service)
{
    private static int count;

    /// <summary>Two people of their own for each test.</summary>
    internal async Task<(Actor Mira, Actor Davor)> Two() =>
        (await Actor.Register(server, "mira"), await Actor.Register(server, "davor"));

    internal async Task<PushSubscription> Device(Actor person)
    {
        var device = await service.Subscribe();
        (await person.Post("/api/v1/notifications/devices", device.Body)).Is(201);
        return device;
    }

    internal static async Task<Guid> Room(Actor owner, params Actor[] guests)
    {
        var room = (
            await owner.Post(
                "/api/v1/chat/rooms",
                new { Name = $"Room {Interlocked.Increment(ref count)} of {owner.Username}" }
            )
        )
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();
        foreach (var guest in guests)
            (await guest.Put($"/api/v1/chat/rooms/{room}/members/me")).Is(200);
        return room;
    }

    /// <summary>A room of two that is a direct conversation.</summary>
    internal async Task<Guid> Direct(Actor one, Actor other)
    {
        var room = await Room(one, other);
        await server.Database.Execute("update room set visibility = 'direct' where id = $1", room);
        return room;
    }

    internal static async Task<Guid> Say(Actor person, Guid room, string content) =>
        (
            await person.Post(
                $"/api/v1/chat/rooms/{room}/messages",
                new { ClientId = $"c{Interlocked.Increment(ref count)}", Content = content }
            )
        )
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();

    internal Task Delete(Guid message) =>
        server.Database.Execute(
            """
            with bumped as (update room set last_change = last_change + 1
              where id = (select room_id from message where id = $1) returning last_change)
            update message set deleted_at = now(), change = bumped.last_change from bumped where id = $1
            """,
            message
        );

    internal Task Block(Actor one, Actor other) =>
        server.Database.Execute("insert into account_block (blocker_id, blocked_id) values ($1, $2)", one.Id, other.Id);

    internal static async Task Wish(
        Actor person,
        string rooms = "mentions",
        string direct = "all",
        bool previews = true,
        object? quiet = null
    ) =>
        (
            await person.Put(
                "/api/v1/notifications/settings",
                new
                {
                    Rooms = rooms,
                    Direct = direct,
                    Previews = previews,
                    QuietHours = quiet,
                }
            )
        ).Is(200);

    internal static async Task<string[]> Listed(Actor person) =>
        [
            .. (await person.Get("/api/v1/notifications"))
                .Is(200)
                .Data.EnumerateArray()
                .Select(n => $"{n.Text("kind")} {n.GetProperty("message").Text("excerpt")}"),
        ];

    internal static async Task<long> Unread(Actor person) =>
        (await person.Get("/api/v1/notifications/unread")).Is(200).Data.Number("unread");

    /// <summary>What waits for its time, or for its next try, need not wait in a test.</summary>
    internal Task Hurry() =>
        server.Database.Execute(
            """
            with due as (update job set run_at = now() where state = 'queued' returning kind)
              select pg_notify('veza_job', kind) from due
            """
        );

    /// <summary>Until nothing that is due is left to do.</summary>
    internal Task Settled() =>
        Eventually.True(
            "the jobs are done",
            async () =>
                await server.Database.Scalar<long>(
                    """
                    select (select count(*) from job where state = 'running' or (state = 'queued' and run_at <= now()))
                         + (select coalesce(sum(events), 0)::bigint from event_lag)
                    """
                ) == 0
        );

    internal Task<string[]> Jobs(string kind, string state) =>
        server.Database.Column("select coalesce(last_error, '') from job where kind = $1 and state = $2", kind, state);

    internal static string[] Texts(JsonElement list, string name) =>
        [.. list.EnumerateArray().Select(e => e.Text(name))];
}

using System.Text.Json;
using Veza.Features.Chat;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Rooms;

/// <summary>Rooms and people in them, for tests that begin there.</summary>
internal static class RoomStage
{
    internal static async Task<Guid> Open(Actor owner, string name, string visibility = "public") =>
        (await owner.Post("/api/v1/chat/rooms", new { Name = name, Visibility = visibility }))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();

    internal static async Task<Guid> Open(Actor owner, string name, params Actor[] members)
    {
        var room = await Open(owner, name);
        foreach (var member in members)
            await Join(member, room);
        return room;
    }

    internal static async Task Join(Actor person, Guid room) =>
        (await person.Put($"/api/v1/chat/rooms/{room}/members/me")).Is(200);

    internal static async Task Promote(Actor owner, Guid room, Actor member, string role = "moderator") =>
        (await owner.Put($"/api/v1/chat/rooms/{room}/members/{member.Id}", new { Role = role })).Is(200);

    internal static Task<Reply> Post(Actor person, Guid room, string clientId, string content = "hello") =>
        person.Post($"/api/v1/chat/rooms/{room}/messages", new { ClientId = clientId, Content = content });

    internal static async Task Block(Actor one, Actor other) =>
        await one.Server.Database.Execute(
            "insert into account_block (blocker_id, blocked_id) values ($1, $2)",
            one.Id,
            other.Id
        );

    internal static async Task Unblock(Actor one, Actor other) =>
        await one.Server.Database.Execute(
            "delete from account_block where blocker_id = $1 and blocked_id = $2",
            one.Id,
            other.Id
        );

    /// <summary>The same person as a moderator of the site.</summary>
    internal static async Task<Actor> WithOffice(Actor person)
    {
        await person.Server.Database.Execute("update account set roles = '{user,moderator}' where id = $1", person.Id);
        return await person.SignIn();
    }

    /// <summary>What workers do every minute of the chat's room, done now.</summary>
    internal static async Task KeepHouse(VezaServer server)
    {
        await using var db = await server.Premises.Source.OpenConnectionAsync();
        foreach (var task in ChatModule.Inventory.Upkeep)
            await task.Run(db, DateTime.UtcNow);
    }

    internal static JsonElement[] Of(this ChatSocket socket, string type) =>
        [.. socket.Frames.Where(f => f.Text("type") == type)];
}

using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Messages;

/// <summary>A room with its owner and some guests, and the few words by which tests talk in it.</summary>
internal sealed record Talk(VezaServer Server, Guid Room, Actor Owner, Actor[] Guests)
{
    private static int said;

    internal static async Task<Talk> Begin(VezaServer server, string visibility, params string[] people)
    {
        var actors = new List<Actor>();
        foreach (var name in people)
            actors.Add(await server.Register(name));
        var room = (
            await actors[0]
                .Post("/api/v1/chat/rooms", new { Name = $"Talk {Guid.CreateVersion7()}", Visibility = visibility })
        )
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();
        foreach (var guest in actors.Skip(1))
        {
            if (visibility == "private")
                (await actors[0].Post($"/api/v1/chat/rooms/{room}/invites", new { UserId = guest.Id })).Is(201);
            (await guest.Put($"/api/v1/chat/rooms/{room}/members/me")).Is(200);
        }

        return new Talk(server, room, actors[0], [.. actors.Skip(1)]);
    }

    internal Task<Reply> Post(Actor author, string content, Guid? replyTo = null, params Guid[] attachments) =>
        author.Post(
            $"/api/v1/chat/rooms/{Room}/messages",
            new
            {
                ClientId = $"t{Interlocked.Increment(ref said)}",
                Content = content,
                ReplyTo = replyTo,
                Attachments = attachments,
            }
        );

    /// <summary>Posts, and gives the message's id.</summary>
    internal async Task<Guid> Say(Actor author, string content, Guid? replyTo = null, params Guid[] attachments) =>
        (await Post(author, content, replyTo, attachments)).Is(201).Data.GetProperty("id").GetGuid();

    internal static Task<Reply> Edit(Actor who, Guid message, string content) =>
        who.Put(Path(message), new { Content = content });

    internal static async Task<JsonElement> Show(Actor reader, Guid message) =>
        (await reader.Get(Path(message))).Is(200).Data;

    internal Task Block(Actor one, Actor other) =>
        Server.Database.Execute("insert into account_block (blocker_id, blocked_id) values ($1, $2)", one.Id, other.Id);

    internal Task Promote(Actor member) =>
        Server.Database.Execute(
            "update room_member set role = 'moderator' where room_id = $1 and account_id = $2",
            Room,
            member.Id
        );

    internal async Task<ChatSocket> Listen(Actor who)
    {
        var socket = await ChatSocket.Open(who);
        await socket.Acknowledged("subscribe", Room);
        return socket;
    }

    internal static string Path(Guid message, string rest = "") => $"/api/v1/chat/messages/{message}{rest}";

    internal static string Reactions(Guid message, string emoji) =>
        Path(message, $"/reactions/{Uri.EscapeDataString(emoji)}");

    /// <summary>The frames of a type, once there are so many.</summary>
    internal static async Task<JsonElement[]> Frames(ChatSocket socket, string type, int count)
    {
        await Eventually.True(
            $"{count} frames {type} came",
            () => Task.FromResult(socket.Frames.Count(f => f.Text("type") == type) >= count)
        );
        return [.. socket.Frames.Where(f => f.Text("type") == type)];
    }

    internal static string[] Contents(Reply list) =>
        [.. list.Is(200).Data.EnumerateArray().Select(m => m.Text("content"))];
}

using System.Text.Json;
using Veza.Tests.Features.Chat.Messages;
using Veza.Tests.Harness;
using Veza.Tests.Infrastructure.Http;

namespace Veza.Tests.Features.Chat;

/// <summary>
/// Three people in one room and all that they can do before each other's eyes. Jonas has no quarrel with anybody: what
/// he sees has happened.
/// </summary>
internal sealed record BlockStage(VezaServer Server, Actor Jonas, Guid Room, Guid JonasTrack)
{
    private static int count;

    internal static string Next() => $"n{Interlocked.Increment(ref count)}";

    internal async Task<ChatSocket> Listen(Actor person, Guid? room = null, long? afterSeq = null)
    {
        var socket = await ChatSocket.Open(person);
        await socket.Subscribe(room ?? Room, afterSeq);
        return socket;
    }

    /// <summary>A room of Jonas's for these people.</summary>
    internal async Task<Guid> Hall(params Actor[] people)
    {
        var hall = (await Jonas.Post("/api/v1/chat/rooms", new { Name = $"Hall {Next()}" }))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();
        foreach (var person in people)
            (await person.Put($"/api/v1/chat/rooms/{hall}/members/me")).Is(200);
        return hall;
    }

    internal async Task<(Guid Id, long Seq)> Say(Actor person, string content)
    {
        var message = (
            await person.Post($"/api/v1/chat/rooms/{Room}/messages", new { ClientId = Next(), Content = content })
        )
            .Is(201)
            .Data;
        return (message.GetProperty("id").GetGuid(), message.Number("seq"));
    }

    /// <summary>
    /// Does something before the viewer's socket, lets Jonas say something after it, and tells whether a frame came
    /// before that.
    /// </summary>
    internal async Task<bool> Sees(Actor viewer, Func<JsonElement, bool> frame, Func<Task> act, Guid? room = null)
    {
        var place = room ?? Room;
        await using var socket = await Listen(viewer, place);
        await act();
        var word = (
            await Jonas.Post($"/api/v1/chat/rooms/{place}/messages", new { ClientId = Next(), Content = "after" })
        )
            .Is(201)
            .Data;
        await socket.Saw(place, word.Number("seq"));
        return socket.Frames.Any(frame);
    }

    internal async Task<Guid> Track(Actor owner)
    {
        var id = Guid.CreateVersion7();
        await Server.Database.Execute(
            """
            insert into track (id, account_id, title, visibility, status, storage_prefix, sha256, size_bytes,
              duration_ms) values ($1, $2, 'Song', 'public', 'ready', 'tracks/' || $1 || '/', '', 1, 60000)
            """,
            id,
            owner.Id
        );
        return id;
    }

    internal async Task<Guid> Comment(Actor author)
    {
        var id = Guid.CreateVersion7();
        await Server.Database.Execute(
            """
            insert into track_comment (id, track_id, author_id, content, position_ms) values ($1, $2, $3, 'Nice', 1000)
            """,
            id,
            JonasTrack,
            author.Id
        );
        return id;
    }

    internal async Task<Guid> Playlist(Actor owner)
    {
        var id = Guid.CreateVersion7();
        await Server.Database.Execute(
            "insert into playlist (id, owner_id, name, visibility) values ($1, $2, 'List', 'public')",
            id,
            owner.Id
        );
        return id;
    }

    internal async Task Follow(Actor follower, Actor followed) =>
        await Server.Database.Execute(
            "insert into follow (account_id, follower_id) values ($1, $2) on conflict do nothing",
            followed.Id,
            follower.Id
        );
}

/// <summary>
/// The surfaces that show a person to another. Each tells whether the viewer sees, or reaches, the other there; add a
/// row for each new one.
/// </summary>
internal static class BlockSurfaces
{
    internal static readonly Dictionary<string, Func<BlockStage, Actor, Actor, Task<bool>>> All = new()
    {
        ["profile"] = async (_, viewer, shown) => Found(await viewer.Get($"/api/v1/users/{shown.Id}")),
        // Jonas is in both lists: one that is empty would be no worse for a block that is not minded.
        ["their followers"] = async (stage, viewer, shown) =>
        {
            await stage.Follow(stage.Jonas, shown);
            return Shows(await viewer.Get($"/api/v1/users/{shown.Id}/followers"), stage.Jonas);
        },
        ["whom they follow"] = async (stage, viewer, shown) =>
        {
            await stage.Follow(shown, stage.Jonas);
            return Shows(await viewer.Get($"/api/v1/users/{shown.Id}/following"), stage.Jonas);
        },
        ["followers of somebody"] = async (stage, viewer, shown) =>
        {
            await stage.Follow(shown, stage.Jonas);
            return Lists(await viewer.Get($"/api/v1/users/{stage.Jonas.Id}/followers"), shown);
        },
        ["whom somebody follows"] = async (stage, viewer, shown) =>
        {
            await stage.Follow(stage.Jonas, shown);
            return Lists(await viewer.Get($"/api/v1/users/{stage.Jonas.Id}/following"), shown);
        },
        ["follow"] = async (_, viewer, shown) => Found(await viewer.Put($"/api/v1/users/{shown.Id}/follow")),
        ["support"] = async (_, viewer, shown) => Found(await viewer.Put($"/api/v1/users/me/supporters/{shown.Id}")),
        ["mute"] = async (_, viewer, shown) =>
        {
            var isFound = Found(await viewer.Put($"/api/v1/users/{shown.Id}/mute"));
            (await viewer.Delete($"/api/v1/users/{shown.Id}/mute")).Is(200);
            return isFound;
        },
        ["comments on a track"] = async (stage, viewer, shown) =>
        {
            var id = await stage.Comment(shown);
            return Lists(await viewer.Get($"/api/v1/tracks/{stage.JonasTrack}/comments"), id);
        },
        ["comments at a moment"] = async (stage, viewer, shown) =>
        {
            var id = await stage.Comment(shown);
            return Lists(await viewer.Get($"/api/v1/tracks/{stage.JonasTrack}/comments?from_ms=0&limit=100"), id);
        },
        ["reply to a comment"] = async (stage, viewer, shown) =>
            Found(
                await viewer.Post(
                    $"/api/v1/tracks/{stage.JonasTrack}/comments",
                    new { Content = "Indeed", ReplyTo = await stage.Comment(shown) }
                ),
                404
            ),
        ["comment on their track"] = async (stage, viewer, shown) =>
            Found(
                await viewer.Post($"/api/v1/tracks/{await stage.Track(shown)}/comments", new { Content = "Nice" }),
                403
            ),
        ["like of their track"] = async (stage, viewer, shown) =>
            Found(await viewer.Put($"/api/v1/tracks/{await stage.Track(shown)}/like"), 403),
        ["follow of their playlist"] = async (stage, viewer, shown) =>
            Found(await viewer.Put($"/api/v1/playlists/{await stage.Playlist(shown)}/follow"), 403),
        ["invitation to a playlist"] = async (stage, viewer, shown) =>
            Found(
                await viewer.Post(
                    $"/api/v1/playlists/{await stage.Playlist(viewer)}/collaborators",
                    new { UserId = shown.Id }
                )
            ),
        ["their invitation to a playlist"] = async (stage, viewer, shown) =>
        {
            var id = await stage.Playlist(shown);
            await stage.Server.Database.Execute(
                "insert into playlist_collaborator (playlist_id, account_id) values ($1, $2)",
                id,
                viewer.Id
            );
            var listed = (await viewer.Get("/api/v1/users/me/playlists?as=invited&per_page=100")).Is(200);
            var (isListed, isTaken) = (
                Lists(listed, id),
                Found(await viewer.Put($"/api/v1/playlists/{id}/collaborators/me"))
            );
            Assert.Equal(isListed, isTaken);
            Assert.Equal(listed.Data.GetArrayLength(), listed.Json.GetProperty("meta").Number("total"));
            return isListed;
        },
        ["their invitation to a room"] = async (stage, viewer, shown) =>
        {
            var room = (
                await shown.Post(
                    "/api/v1/chat/rooms",
                    new { Name = $"Hall {BlockStage.Next()}", Visibility = "private" }
                )
            )
                .Is(201)
                .Data.GetProperty("id")
                .GetGuid();
            (await shown.Post($"/api/v1/chat/rooms/{room}/invites", new { UserId = viewer.Id })).Is(201);
            return (await viewer.Get("/api/v1/chat/invites?limit=100"))
                .Is(200)
                .Data.EnumerateArray()
                .Any(i => i.GetProperty("room").GetProperty("id").GetGuid() == room);
        },
        ["file of a message"] = async (stage, viewer, shown) =>
        {
            var file = await AttachmentsTests.Bring(shown, stage.Room, "take.txt", "one two"u8.ToArray());
            (
                await shown.Post(
                    $"/api/v1/chat/rooms/{stage.Room}/messages",
                    new
                    {
                        ClientId = BlockStage.Next(),
                        Content = "",
                        Attachments = new[] { file },
                    }
                )
            ).Is(201);
            return Found(await viewer.Get($"/api/v1/chat/attachments/{file}"));
        },
        ["message by its id"] = async (stage, viewer, shown) =>
        {
            var message = await viewer.Get($"/api/v1/chat/messages/{(await stage.Say(shown, "by its id")).Id}");
            if (message.Status == 404)
                return false;
            var isShown = message.Is(200).Data.GetProperty("author").ValueKind == JsonValueKind.Object;
            Assert.Equal(isShown, message.Data.Text("content").Length > 0);
            return isShown;
        },
        ["versions of a message"] = async (stage, viewer, shown) =>
        {
            var (id, _) = await stage.Say(shown, "first version");
            (await shown.Put($"/api/v1/chat/messages/{id}", new { Content = "second version" })).Is(200);
            return Found(await viewer.Get($"/api/v1/chat/messages/{id}/revisions"));
        },
        ["who reacted"] = async (stage, viewer, shown) =>
        {
            var (id, _) = await stage.Say(stage.Jonas, "react");
            foreach (var person in new[] { shown, stage.Jonas })
                (await person.Put(Talk.Reactions(id, "👍"))).Is(200);
            var people = (await viewer.Get(Talk.Reactions(id, "👍")))
                .Is(200)
                .Data.EnumerateArray()
                .Select(p => p.GetRawText())
                .ToArray();
            Assert.Contains(people, p => p.Contains(stage.Jonas.Id.ToString(), StringComparison.Ordinal));
            return people.Any(p => p.Contains(shown.Id.ToString(), StringComparison.Ordinal));
        },
        ["search in a room"] = async (stage, viewer, shown) =>
        {
            var word = $"word{Guid.CreateVersion7():N}";
            await stage.Say(stage.Jonas, word);
            var (id, _) = await stage.Say(shown, word);
            var found = (await viewer.Get($"/api/v1/chat/rooms/{stage.Room}/messages/search?q={word}")).Is(200);
            Assert.NotEmpty(found.Data.EnumerateArray());
            return Lists(found, id);
        },
        ["conversation"] = async (stage, viewer, shown) =>
        {
            await Converse(stage, viewer, shown);
            return Found(await viewer.Get($"/api/v1/chat/dm/{shown.Id}"), 403);
        },
        ["list of conversations"] = async (stage, viewer, shown) =>
        {
            await Converse(stage, viewer, shown);
            return (await viewer.Get("/api/v1/chat/dm"))
                .Is(200)
                .Data.EnumerateArray()
                .Any(c => c.GetProperty("user").GetProperty("id").GetGuid() == shown.Id);
        },
        ["collaborators of a playlist"] = async (stage, viewer, shown) =>
        {
            var id = await Collaborates(stage, shown, stage.Jonas);
            return (await viewer.Get($"/api/v1/playlists/{id}/collaborators"))
                .Is(200)
                .Data.EnumerateArray()
                .Any(c => c.GetProperty("user").GetProperty("id").GetGuid() == shown.Id);
        },
        ["work on their playlist"] = async (stage, viewer, shown) =>
            Found(
                await viewer.Post(
                    $"/api/v1/playlists/{await Collaborates(stage, viewer, shown)}/items",
                    new { TrackId = stage.JonasTrack }
                ),
                403
            ),
        ["history"] = async (stage, viewer, shown) =>
        {
            var (_, seq) = await stage.Say(shown, "history");
            return Shows(await viewer.Get($"/api/v1/chat/rooms/{stage.Room}/messages"), seq);
        },
        ["around a message"] = async (stage, viewer, shown) =>
        {
            var (_, seq) = await stage.Say(shown, "around");
            return Shows(await viewer.Get($"/api/v1/chat/rooms/{stage.Room}/messages?around={seq}"), seq);
        },
        ["resumed messages"] = async (stage, viewer, shown) =>
        {
            var (_, seq) = await stage.Say(shown, "resumed");
            await using var socket = await stage.Listen(viewer, afterSeq: seq - 1);
            await socket.Saw(stage.Room, seq);
            return socket.Frames.Any(f =>
                f.Text("type") == "message.created" && !f.GetProperty("message").GetProperty("hidden").GetBoolean()
            );
        },
        ["live message"] = (stage, viewer, shown) =>
            stage.Sees(viewer, f => IsOf(f, "message.created", shown), () => stage.Say(shown, "live")),
        ["live edit"] = async (stage, viewer, shown) =>
        {
            var (_, seq) = await stage.Say(shown, "to be mended");
            // As another node would do it of which no news comes through: each of Jonas's messages makes the feed look.
            await using var jonas = await stage.Listen(stage.Jonas);
            await using var socket = await stage.Listen(viewer);
            await stage.Server.Database.Execute(
                """
                with bumped as (update room set last_change = last_change + 1 where id = $1 returning last_change)
                update message set content = 'mended', edited_at = now(), change = bumped.last_change from bumped
                  where room_id = $1 and seq = $2
                """,
                stage.Room,
                seq
            );
            await jonas.Frame("message.updated");
            await socket.Saw(stage.Room, (await stage.Say(stage.Jonas, "after")).Seq);
            return socket.Frames.Any(f => IsOf(f, "message.updated", shown));
        },
        ["typing"] = async (stage, viewer, shown) =>
        {
            // Of one room it would not be told again within some seconds.
            var hall = await stage.Hall(viewer, shown);
            await using var theirs = await stage.Listen(shown, hall);
            return await stage.Sees(
                viewer,
                f => f.Text("type") == "typing" && f.GetProperty("user_id").GetGuid() == shown.Id,
                () => theirs.Acknowledged("typing", hall, ("on", true)),
                hall
            );
        },
        ["coming and going"] = async (stage, viewer, shown) =>
        {
            var hall = await stage.Hall(viewer);
            var comes = await stage.Sees(
                viewer,
                f => f.Text("type") == "member.joined",
                () => shown.Put($"/api/v1/chat/rooms/{hall}/members/me"),
                hall
            );
            var goes = await stage.Sees(
                viewer,
                f => f.Text("type") == "member.left",
                () => shown.Delete($"/api/v1/chat/rooms/{hall}/members/me"),
                hall
            );
            Assert.Equal(comes, goes);
            return comes;
        },
        ["members of a room"] = async (stage, viewer, shown) =>
            Lists(await viewer.Get($"/api/v1/chat/rooms/{stage.Room}/members"), shown),
        ["presence, asked for"] = async (_, viewer, shown) =>
            (await viewer.Get($"/api/v1/chat/presence?user_ids={shown.Id}")).Is(200).Data.GetArrayLength() == 1,
        ["presence, watched"] = async (stage, viewer, shown) =>
        {
            await using var socket = await ChatSocket.Open(viewer);
            await socket.Acknowledged("presence.watch", null, ("user_ids", new[] { shown.Id, stage.Jonas.Id }));
            return (await socket.Frame("presence"))
                .GetProperty("people")
                .EnumerateArray()
                .Any(p => p.GetProperty("user_id").GetGuid() == shown.Id);
        },
        ["presence, in a room"] = async (stage, viewer, shown) =>
        {
            await using var socket = await stage.Listen(viewer);
            return (await socket.Frame("presence"))
                .GetProperty("people")
                .EnumerateArray()
                .Any(p => p.GetProperty("user_id").GetGuid() == shown.Id);
        },
    };

    private static bool Found(Reply reply, int otherwise = 404)
    {
        if (reply.Status < 300)
            return true;
        reply.Is(otherwise);
        return false;
    }

    /// <summary>Whether the list is there at all; then this person must be in it.</summary>
    private static bool Shows(Reply reply, Actor listed)
    {
        if (!Found(reply))
            return false;
        Assert.True(Lists(reply, listed), reply.Text);
        return true;
    }

    /// <summary>Something that the other has written to the viewer while neither blocked the other.</summary>
    private static async Task Converse(BlockStage stage, Actor viewer, Actor shown)
    {
        var isBlocked = await stage.Server.Database.Scalar<bool>(
            "select exists (select 1 from block_pair where account_id = $1 and other_id = $2)",
            viewer.Id,
            shown.Id
        );
        var reply = await shown.Post(
            $"/api/v1/chat/dm/{viewer.Id}",
            new { ClientId = BlockStage.Next(), Content = "between us" }
        );
        if (isBlocked)
            reply.Is(403, "DM_BLOCKED");
        else
            reply.Is(201);
    }

    private static bool Lists(Reply reply, Actor shown) => Lists(reply, shown.Id);

    private static bool Lists(Reply reply, Guid id) =>
        reply.Is(200).Data.EnumerateArray().Any(p => p.GetProperty("id").GetGuid() == id);

    private static bool IsOf(JsonElement frame, string type, Actor author) =>
        frame.Text("type") == type
        && frame.GetProperty("message").GetProperty("author") is { ValueKind: JsonValueKind.Object } by
        && by.GetProperty("id").GetGuid() == author.Id;

    private static bool Shows(Reply reply, long seq)
    {
        var message = reply.Is(200).Data.EnumerateArray().Single(m => m.Number("seq") == seq);
        var isShown = message.GetProperty("author").ValueKind == JsonValueKind.Object;
        Assert.Equal(!isShown, message.GetProperty("hidden").GetBoolean());
        Assert.Equal(isShown, message.Text("content").Length > 0);
        return isShown;
    }

    private static async Task<Guid> Collaborates(BlockStage stage, Actor person, Actor owner)
    {
        var id = await stage.Playlist(owner);
        await stage.Server.Database.Execute(
            "insert into playlist_collaborator (playlist_id, account_id, accepted_at) values ($1, $2, now())",
            id,
            person.Id
        );
        return id;
    }
}

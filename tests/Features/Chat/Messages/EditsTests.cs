using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Messages;

/// <summary>Edits and what was said before; deletions and what is left.</summary>
public sealed class EditsTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    [Fact]
    public async Task An_edit_is_heard_by_everybody_and_keeps_what_was_said()
    {
        var talk = await Talk.Begin(server, "public", "mira", "davor");
        var (mira, davor) = (talk.Owner, talk.Guests[0]);
        await using var his = await talk.Listen(davor);
        var id = await talk.Say(mira, "first");
        var edited = (await Talk.Edit(mira, id, "second")).Is(200).Data;
        Assert.Equal(("second", 1, 1), (edited.Text("content"), edited.Number("edits"), edited.Number("change")));
        Assert.Equal(JsonValueKind.String, edited.GetProperty("edited_at").ValueKind);
        (await Talk.Edit(mira, id, "third")).Is(200);
        // The same words again are no edit.
        Assert.Equal(2, (await Talk.Edit(mira, id, "third")).Is(200).Data.Number("edits"));

        var updates = await Talk.Frames(his, "message.updated", 2);
        Assert.Equal(
            ["second 1", "third 2"],
            updates.Select(f => f.GetProperty("message")).Select(m => $"{m.Text("content")} {m.Number("change")}")
        );
        Assert.Equal("third", (await Talk.Show(davor, id)).Text("content"));
        var revisions = (await davor.Get(Talk.Path(id, "/revisions"))).Is(200).Data.EnumerateArray();
        Assert.Equal(
            ["0 first", "1 second", "2 third"],
            revisions.Select(r => $"{r.Number("number")} {r.Text("content")}")
        );
    }

    [Fact]
    public async Task Only_its_author_edits_and_only_in_the_room()
    {
        var talk = await Talk.Begin(server, "private", "mira", "davor");
        var (mira, davor, ilir) = (talk.Owner, talk.Guests[0], await server.Register("ilir"));
        var id = await talk.Say(davor, "mine");
        (await Talk.Edit(mira, id, "hers")).Is(403, "MESSAGE_FORBIDDEN");
        (await Talk.Edit(ilir, id, "his")).Is(404, "MESSAGE_NOT_FOUND");
        (await Talk.Edit(davor, Guid.CreateVersion7(), "nobody's")).Is(404, "MESSAGE_NOT_FOUND");
        (await ilir.Get(Talk.Path(id, "/revisions"))).Is(404, "MESSAGE_NOT_FOUND");
        (await ilir.Get(Talk.Path(id))).Is(404, "MESSAGE_NOT_FOUND");
        Assert.Equal(["content REQUIRED"], (await Talk.Edit(davor, id, " ")).Is(422, "VALIDATION_ERROR").FieldErrors);
        Assert.Equal(
            ["content TOO_LONG"],
            (await Talk.Edit(davor, id, new string('x', 4001))).Is(422, "VALIDATION_ERROR").FieldErrors
        );
        (await Talk.Edit(davor, id, "a\0b")).Is(400, "CHARACTER_REFUSED");
        (await davor.Delete($"/api/v1/chat/rooms/{talk.Room}/members/me")).Is(200);
        (await Talk.Edit(davor, id, "from outside")).Is(404, "MESSAGE_NOT_FOUND");
        Assert.Equal("mine", (await Talk.Show(mira, id)).Text("content"));
    }

    [Fact]
    public async Task The_muted_change_nothing_but_may_take_back_and_the_banned_see_nothing()
    {
        var talk = await Talk.Begin(server, "public", "mira", "davor");
        var (mira, davor) = (talk.Owner, talk.Guests[0]);
        Guid[] ids = [await talk.Say(davor, "one"), await talk.Say(davor, "two")];
        (await davor.Put(Talk.Reactions(ids[0], "👍"))).Is(200);
        await server.Database.Execute(
            "insert into room_mute (room_id, account_id, muted_by) values ($1, $2, $3)",
            talk.Room,
            davor.Id,
            mira.Id
        );
        (await Talk.Edit(davor, ids[0], "changed")).Is(403, "MUTED");
        (await davor.Put(Talk.Reactions(ids[0], "🔥"))).Is(403, "MUTED");
        (await davor.Delete(Talk.Reactions(ids[0], "👍"))).Is(200);
        (await davor.Delete(Talk.Path(ids[0]))).Is(200);
        Assert.Equal("two", (await Talk.Show(davor, ids[1])).Text("content"));

        await server.Database.Execute(
            "delete from room_member where room_id = $1 and account_id = $2",
            talk.Room,
            davor.Id
        );
        await server.Database.Execute(
            "insert into room_ban (room_id, account_id, banned_by) values ($1, $2, $3)",
            talk.Room,
            davor.Id,
            mira.Id
        );
        (await Talk.Edit(davor, ids[1], "changed")).Is(404, "MESSAGE_NOT_FOUND");
        (await davor.Get(Talk.Path(ids[1]))).Is(404, "MESSAGE_NOT_FOUND");
        foreach (var path in new[] { "messages/search?q=two", "pins" })
            (await davor.Get($"/api/v1/chat/rooms/{talk.Room}/{path}")).Is(403, "BANNED");
        await server.Database.Execute("delete from room_ban where account_id = $1", davor.Id);
    }

    [Fact]
    public async Task Edits_at_once_follow_each_other_and_each_is_kept()
    {
        var talk = await Talk.Begin(server, "public", "mira");
        var id = await talk.Say(talk.Owner, "0");
        await Task.WhenAll(
            Enumerable.Range(1, 20).Select(async i => (await Talk.Edit(talk.Owner, id, $"{i}")).Is(200))
        );
        var shown = await Talk.Show(talk.Owner, id);
        Assert.Equal((20, 20), (shown.Number("edits"), shown.Number("change")));
        var revisions = (await talk.Owner.Get(Talk.Path(id, "/revisions")))
            .Is(200)
            .Data.EnumerateArray()
            .Select(r => r.Text("content"))
            .ToArray();
        Assert.Equal(Enumerable.Range(0, 21).Select(i => $"{i}").Order(), revisions.Order());
        Assert.Equal(shown.Text("content"), revisions[^1]);
        Assert.Equal(20, await server.Database.Scalar<long>("select last_change from room where id = $1", talk.Room));
    }

    [Fact]
    public async Task With_if_match_an_edit_is_refused_when_another_came_between_and_reactions_do_not_matter()
    {
        var talk = await Talk.Begin(server, "public", "mira", "davor");
        var id = await talk.Say(talk.Owner, "first");
        (await talk.Guests[0].Put(Talk.Reactions(id, "👍"))).Is(200);
        (await Edit("\"e0\"", "second")).Is(200);
        (await Edit("\"e0\"", "third")).Is(412, "PRECONDITION_FAILED");
        (await Edit("\"nonsense\"", "third")).Is(412, "PRECONDITION_FAILED");
        (await Edit("\"e0\", \"e1\"", "third")).Is(200);
        (await Edit("*", "fourth")).Is(200);

        Task<Reply> Edit(string tag, string content) =>
            talk.Owner.Send(
                HttpMethod.Put,
                Talk.Path(id),
                new StringContent(
                    JsonSerializer.Serialize(new { content }),
                    System.Text.Encoding.UTF8,
                    "application/json"
                ),
                ("If-Match", tag)
            );
    }

    [Fact]
    public async Task A_message_is_edited_so_often_and_no_more()
    {
        var talk = await Talk.Begin(server, "public", "mira");
        var id = await talk.Say(talk.Owner, "often");
        await server.Database.Execute("update message set edits = 100 where id = $1", id);
        (await Talk.Edit(talk.Owner, id, "too often")).Is(409, "TOO_MANY_EDITS");
        Assert.Equal("often", (await Talk.Edit(talk.Owner, id, "often")).Is(200).Data.Text("content"));
    }

    [Fact]
    public async Task Over_the_socket_one_edits_and_deletes_as_well()
    {
        var talk = await Talk.Begin(server, "public", "mira", "davor");
        await using var hers = await talk.Listen(talk.Owner);
        await using var his = await talk.Listen(talk.Guests[0]);
        var id = await talk.Say(talk.Owner, "typo");
        var ack = await hers.Acknowledged(
            "message.edit",
            null,
            ("message_id", id),
            ("content", "mended"),
            ("edits", 0)
        );
        Assert.Equal("mended", ack.GetProperty("message").Text("content"));
        Assert.Equal(
            "PRECONDITION_FAILED",
            (await hers.Ask("message.edit", null, ("message_id", id), ("content", "again"), ("edits", 0))).Text(
                "error_code"
            )
        );
        Assert.Equal(
            "VALIDATION_ERROR",
            (await hers.Ask("message.edit", null, ("content", "again"))).Text("error_code")
        );
        Assert.Equal(
            "MESSAGE_FORBIDDEN",
            (await his.Ask("message.delete", null, ("message_id", id))).Text("error_code")
        );
        await hers.Acknowledged("message.delete", null, ("message_id", id));
        var deleted = (await his.Frame("message.deleted")).GetProperty("message");
        Assert.Equal(("", 1, 2), (deleted.Text("content"), deleted.Number("seq"), deleted.Number("change")));
    }

    [Fact]
    public async Task A_deleted_message_keeps_its_place_and_nothing_else()
    {
        var talk = await Talk.Begin(server, "public", "mira", "davor", "sunniva");
        var (mira, davor, sunniva) = (talk.Owner, talk.Guests[0], talk.Guests[1]);
        var id = await talk.Say(davor, $"hello @{sunniva.Username}");
        (await Talk.Edit(davor, id, $"hello again @{sunniva.Username}")).Is(200);
        (await sunniva.Put(Talk.Reactions(id, "👍"))).Is(200);
        (await mira.Put(Talk.Path(id, "/pin"))).Is(200);
        (await sunniva.Delete(Talk.Path(id))).Is(403, "MESSAGE_FORBIDDEN");
        await talk.Promote(sunniva);
        (await sunniva.Delete(Talk.Path(id))).Is(200);
        (await sunniva.Delete(Talk.Path(id))).Is(200);

        var left = (await mira.Get($"/api/v1/chat/rooms/{talk.Room}/messages")).Is(200).Data[0];
        Assert.Equal(
            (1, "", 0, 0),
            (
                left.Number("seq"),
                left.Text("content"),
                left.GetProperty("reactions").GetArrayLength(),
                left.GetProperty("mentions").GetArrayLength()
            )
        );
        Assert.Equal(
            (JsonValueKind.String, JsonValueKind.Null),
            (left.GetProperty("deleted_at").ValueKind, left.GetProperty("pinned_at").ValueKind)
        );
        Assert.Empty((await mira.Get(Talk.Path(id, "/revisions"))).Is(200).Data.EnumerateArray());
        Assert.Empty((await mira.Get($"/api/v1/chat/rooms/{talk.Room}/pins")).Is(200).Data.EnumerateArray());
        (await Talk.Edit(davor, id, "back")).Is(409, "MESSAGE_DELETED");
        (await mira.Put(Talk.Reactions(id, "👍"))).Is(409, "MESSAGE_DELETED");
        (await mira.Put(Talk.Path(id, "/pin"))).Is(409, "MESSAGE_DELETED");
        foreach (var table in new[] { "message_revision", "message_reaction", "message_mention" })
            Assert.Equal(
                0,
                await server.Database.Scalar<long>($"select count(*) from {table} where message_id = $1", id)
            );
        Assert.Equal(0, await server.Database.Scalar<int>("select pin_count from room where id = $1", talk.Room));
        Assert.DoesNotContain(
            "hello",
            await server.Database.Scalar<string>("select message::text from message where id = $1", id),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Moderators_of_chat_delete_in_public_rooms_and_in_no_private_one_that_they_are_not_in()
    {
        var moderator = await Actor.Register(server, "judge");
        await server.Database.Execute("update account set roles = '{user,moderator}' where id = $1", moderator.Id);
        moderator = await moderator.SignIn();
        var (open, closed) = (await Talk.Begin(server, "public", "mira"), await Talk.Begin(server, "private", "mira"));
        var (spam, secret) = (await open.Say(open.Owner, "spam"), await closed.Say(closed.Owner, "secret"));
        (await moderator.Delete(Talk.Path(spam))).Is(200);
        Assert.Equal("", (await Talk.Show(open.Owner, spam)).Text("content"));
        (await moderator.Get(Talk.Path(secret))).Is(404, "MESSAGE_NOT_FOUND");
        (await moderator.Delete(Talk.Path(secret))).Is(404, "MESSAGE_NOT_FOUND");
        Assert.Equal("secret", (await Talk.Show(closed.Owner, secret)).Text("content"));
    }

    [Fact]
    public async Task A_message_that_is_sent_again_after_it_was_edited_or_deleted_is_there_already()
    {
        var talk = await Talk.Begin(server, "public", "mira");
        var post = new { ClientId = "again", Content = "as it was" };
        var id = (await talk.Owner.Post($"/api/v1/chat/rooms/{talk.Room}/messages", post))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();
        (await Talk.Edit(talk.Owner, id, "as it is")).Is(200);
        Assert.Equal(
            "as it is",
            (await talk.Owner.Post($"/api/v1/chat/rooms/{talk.Room}/messages", post)).Is(200).Data.Text("content")
        );
        (await talk.Owner.Delete(Talk.Path(id))).Is(200);
        Assert.Equal(
            id,
            (await talk.Owner.Post($"/api/v1/chat/rooms/{talk.Room}/messages", post))
                .Is(200)
                .Data.GetProperty("id")
                .GetGuid()
        );
    }

    [Fact]
    public async Task A_reply_shows_what_it_replies_to_but_not_across_a_block()
    {
        var talk = await Talk.Begin(server, "public", "mira", "davor", "sunniva");
        var (mira, davor, sunniva) = (talk.Owner, talk.Guests[0], talk.Guests[1]);
        var asked = await talk.Say(davor, new string('q', 300));
        var answer = (await talk.Post(mira, "an answer", asked)).Is(201).Data;
        var quote = answer.GetProperty("reply");
        Assert.Equal(
            (asked, 1, davor.Username, 140),
            (
                quote.GetProperty("id").GetGuid(),
                quote.Number("seq"),
                quote.GetProperty("author").Text("username"),
                quote.Text("excerpt").Length
            )
        );

        // One who blocks the author of what is quoted sees its place alone; and what goes to all does not say more.
        var tove = await Talk.Begin(server, "public", "tove", "henrik", "vesna");
        await tove.Block(tove.Guests[0], tove.Guests[1]);
        await using var hers = await tove.Listen(tove.Owner);
        var said = await tove.Say(tove.Guests[1], "from vesna");
        var reply = await tove.Say(tove.Owner, "to vesna", said);
        await hers.Saw(tove.Room, 2);
        Assert.Equal(
            JsonValueKind.Null,
            hers.Frames.Last(f => f.Text("type") == "message.created")
                .GetProperty("message")
                .GetProperty("reply")
                .GetProperty("author")
                .ValueKind
        );
        Assert.Equal(
            JsonValueKind.Null,
            (await Talk.Show(tove.Guests[0], reply)).GetProperty("reply").GetProperty("excerpt").ValueKind
        );
        Assert.Equal("from vesna", (await Talk.Show(tove.Owner, reply)).GetProperty("reply").Text("excerpt"));

        (await davor.Delete(Talk.Path(asked))).Is(200);
        Assert.Equal(
            JsonValueKind.Null,
            (await Talk.Show(sunniva, answer.GetProperty("id").GetGuid()))
                .GetProperty("reply")
                .GetProperty("excerpt")
                .ValueKind
        );
    }
}

using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Tracks.Comments;

public sealed class CommentsTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    private static async Task<JsonElement> Say(
        Actor author,
        Guid track,
        string content,
        long? positionMs = null,
        Guid? replyTo = null,
        string? clientId = null
    ) => (
            await author.Post(
                $"/api/v1/tracks/{track}/comments",
                new
                {
                    Content = content,
                    PositionMs = positionMs,
                    ReplyTo = replyTo,
                    ClientId = clientId,
                }
            )
        ).Is(201).Data;

    private static async Task<string[]> Read(Visitor reader, Guid track, string query = "")
    {
        var read = new List<string>();
        string? cursor = null;
        do
        {
            var page = (
                await reader.Get(
                    $"/api/v1/tracks/{track}/comments?limit=2&{query}{(cursor is null ? "" : $"&cursor={cursor}")}"
                )
            ).Is(200);
            read.AddRange(page.Data.EnumerateArray().Select(c => c.Text("content")));
            cursor = page.Json.GetProperty("meta").GetProperty("next_cursor").GetString();
        } while (cursor is not null);
        return [.. read];
    }

    [Fact]
    public async Task Comments_are_read_newest_first_or_in_the_order_of_the_music()
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var track = await mira.AddTrack("Talked about");
        foreach (
            var (text, at) in new (string, long?)[]
            {
                ("end", TrackRows.DurationMs),
                ("start", 0),
                ("whole", null),
                ("middle", 90_000),
                ("middle too", 90_000),
            }
        )
            await Say(davor, track, text, at);
        Assert.Equal(["middle too", "middle", "whole", "start", "end"], await Read(server.Visitor, track));
        Assert.Equal(["start", "middle", "middle too", "end"], await Read(server.Visitor, track, "from_ms=0"));
        Assert.Equal(["middle", "middle too"], await Read(server.Visitor, track, "from_ms=1&to_ms=179999"));
        Assert.Equal(["start"], await Read(server.Visitor, track, "to_ms=89999"));
        Assert.Equal(5, (await mira.Get($"/api/v1/tracks/{track}")).Data.Number("comment_count"));
    }

    [Fact]
    public async Task A_reply_stands_where_its_comment_does_and_outlives_it()
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var track = await mira.AddTrack("Answered");
        var first = await Say(davor, track, "What is this sound?", 12_000);
        var reply = await Say(mira, track, "A door", replyTo: first.GetProperty("id").GetGuid());
        Assert.Equal(
            (12_000, first.Text("id"), mira.Username),
            (reply.Number("position_ms"), reply.Text("reply_to"), reply.GetProperty("author").Text("username"))
        );
        (await davor.Delete($"/api/v1/comments/{first.Text("id")}")).Is(200);
        var left = (await mira.Get($"/api/v1/tracks/{track}/comments")).Data.EnumerateArray().Single();
        Assert.Equal(("A door", JsonValueKind.Null), (left.Text("content"), left.GetProperty("reply_to").ValueKind));
        Assert.Equal(1, (await mira.Get($"/api/v1/tracks/{track}")).Data.Number("comment_count"));

        var elsewhere = await Say(davor, await mira.AddTrack("Another"), "elsewhere");
        (
            await mira.Post(
                $"/api/v1/tracks/{track}/comments",
                new { Content = "Lost", ReplyTo = elsewhere.GetProperty("id").GetGuid() }
            )
        ).Is(404, "COMMENT_NOT_FOUND");
    }

    [Fact]
    public async Task The_same_client_id_says_it_once()
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var track = await mira.AddTrack("Once");
        var said = await Task.WhenAll(
            Enumerable
                .Range(0, 6)
                .Select(_ => davor.Post($"/api/v1/tracks/{track}/comments", new { Content = "Once", ClientId = "c1" }))
        );
        Assert.Equal((1, 5), (said.Count(r => r.Status == 201), said.Count(r => r.Status == 200)));
        Assert.Single(said.Select(r => r.Data.Text("id")).Distinct());
        (await davor.Post($"/api/v1/tracks/{track}/comments", new { Content = "Twice", ClientId = "c1" })).Is(
            409,
            "CLIENT_ID_REUSED"
        );
        await Say(mira, track, "Mine", clientId: "c1");
        Assert.Equal(2, (await mira.Get($"/api/v1/tracks/{track}")).Data.Number("comment_count"));
    }

    [Fact]
    public async Task What_is_no_comment_of_this_track_is_refused()
    {
        var mira = await server.Register("mira");
        var track = await mira.AddTrack("Strict");
        Task<Reply> Try(object body) => mira.Post($"/api/v1/tracks/{track}/comments", body);
        Assert.Equal(["content REQUIRED"], (await Try(new { Content = " " })).Is(422, "VALIDATION_ERROR").FieldErrors);
        Assert.Equal(["content TOO_LONG", "client_id TOO_LONG", "position_ms OUT_OF_RANGE"], (
                await Try(
                    new
                    {
                        Content = new string('c', 2001),
                        ClientId = new string('c', 65),
                        PositionMs = -1,
                    }
                )
            ).Is(422, "VALIDATION_ERROR").FieldErrors);
        Assert.Equal(
            ["position_ms OUT_OF_RANGE"],
            (await Try(new { Content = "late", PositionMs = TrackRows.DurationMs + 1 }))
                .Is(422, "VALIDATION_ERROR")
                .FieldErrors
        );
        (await Try(new { Content = "zero\0" })).Is(400, "CHARACTER_REFUSED");
        (await server.Visitor.Post($"/api/v1/tracks/{track}/comments", new { Content = "who?" })).Is(
            401,
            "UNAUTHENTICATED"
        );
        (await server.Visitor.Get($"/api/v1/tracks/{track}/comments?limit=0")).Is(422, "VALIDATION_ERROR");
        Assert.Empty(await Read(mira, track));
        // What is sound can be read, so nothing was.
        await Say(mira, track, "sound");
        Assert.Equal(["sound"], await Read(mira, track));
    }

    [Fact]
    public async Task Its_author_edits_a_comment_and_the_tracks_owner_or_a_moderator_may_only_delete_it()
    {
        var (mira, davor, ilir) = (
            await server.Register("mira"),
            await server.Register("davor"),
            await server.Register("ilir")
        );
        var moderator = await server.Register("moderator");
        await server.Database.Execute("update account set roles = '{user,moderator}' where id = $1", moderator.Id);
        moderator = await moderator.SignIn();
        var track = await mira.AddTrack("Moderated");
        var id = (await Say(davor, track, "Frist")).Text("id");
        var edited = (await davor.Put($"/api/v1/comments/{id}", new { Content = "First" })).Is(200).Data;
        Assert.Equal(
            ("First", JsonValueKind.String),
            (edited.Text("content"), edited.GetProperty("edited_at").ValueKind)
        );
        foreach (var other in new[] { mira, ilir, moderator })
            (await other.Put($"/api/v1/comments/{id}", new { Content = "Mine" })).Is(403, "COMMENT_FORBIDDEN");
        (await ilir.Delete($"/api/v1/comments/{id}")).Is(403, "COMMENT_FORBIDDEN");
        (await mira.Delete($"/api/v1/comments/{id}")).Is(200);
        (await davor.Put($"/api/v1/comments/{id}", new { Content = "Again" })).Is(404, "COMMENT_NOT_FOUND");
        (await moderator.Delete($"/api/v1/comments/{(await Say(davor, track, "Spam")).Text("id")}")).Is(200);
        Assert.Equal(0, (await mira.Get($"/api/v1/tracks/{track}")).Data.Number("comment_count"));
    }

    [Fact]
    public async Task Comments_of_a_track_that_one_may_not_see_do_not_exist()
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var track = await mira.AddTrack("Closing");
        var his = (await Say(davor, track, "Before")).Text("id");
        var hers = (await Say(mira, track, "Mine")).Text("id");
        (await mira.Put($"/api/v1/tracks/{track}/withdrawal")).Is(200);
        (await davor.Get($"/api/v1/tracks/{track}/comments")).Is(404, "TRACK_NOT_FOUND");
        (await davor.Post($"/api/v1/tracks/{track}/comments", new { Content = "After" })).Is(404, "TRACK_NOT_FOUND");
        (await davor.Put($"/api/v1/comments/{his}", new { Content = "Still here" })).Is(404, "COMMENT_NOT_FOUND");
        (await davor.Delete($"/api/v1/comments/{hers}")).Is(404, "COMMENT_NOT_FOUND");
        (await davor.Delete($"/api/v1/comments/{his}")).Is(200);
        Assert.Equal(["Mine"], await Read(mira, track));
    }

    [Fact]
    public async Task Whoever_comments_too_fast_is_told_how_long_to_wait()
    {
        var (mira, chatty) = (await server.Register("mira"), await server.Register("chatty"));
        var track = await mira.AddTrack("Flooded");
        await server.Database.Execute(
            """
            insert into track_comment (id, track_id, author_id, content, created_at)
            select gen_random_uuid(), $1, $2, 'spam', now() - interval '30 seconds' + n * interval '1 second'
              from generate_series(1, 30) n
            """,
            track,
            chatty.Id
        );
        var refused = (await chatty.Post($"/api/v1/tracks/{track}/comments", new { Content = "more" })).Is(
            429,
            "COMMENTS_TOO_FAST"
        );
        Assert.InRange(
            int.Parse(refused.Header("Retry-After")!, System.Globalization.CultureInfo.InvariantCulture),
            1,
            31
        );
        await Say(mira, track, "Somebody else may");
    }

    /// <summary>Somebody holds the comment and its track, and makes the track private while the edit waits.</summary>
    [Fact]
    public async Task An_edit_that_waited_is_judged_by_the_track_as_it_is()
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var track = await mira.AddTrack("Closed meanwhile");
        var comment = (await Say(davor, track, "as it was")).GetProperty("id").GetGuid();
        await using var held = await Auth.HeldAccount.Of(
            server.Database,
            server,
            "select 1 from track t join track_comment c on c.track_id = t.id where c.id = $1 for update",
            comment
        );
        var edit = davor.Put($"/api/v1/comments/{comment}", new { Content = "another" });
        await held.Awaited(1, edit);
        await held.Change(
            async (db, transaction) =>
            {
                await using var command = new Npgsql.NpgsqlCommand(
                    "update track set visibility = 'private' where id = $1",
                    db,
                    transaction
                )
                {
                    Parameters = { new() { Value = track } },
                };
                await command.ExecuteNonQueryAsync();
            }
        );
        await held.Commit();
        (await edit).Is(404, "COMMENT_NOT_FOUND");
        Assert.Equal(
            "as it was",
            await server.Database.Scalar<string>("select content from track_comment where id = $1", comment)
        );
    }
}

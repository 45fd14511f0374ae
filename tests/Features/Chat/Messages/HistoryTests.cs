using System.Globalization;
using System.Text.Json;
using Veza.Features.Chat;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Messages;

/// <summary>Old messages: by date, by their words, and when they are no longer kept.</summary>
[Trait("Touches", "Objects")]
public sealed class HistoryTests(VezaServer server) : IClassFixture<VezaServer>
{
    /// <summary>Messages as they would stand there had they been posted at these moments.</summary>
    private async Task Remember(Talk talk, Actor author, params (string At, string Content)[] messages)
    {
        foreach (var month in messages.Select(m => m.At[..7]).Distinct())
            await server.Database.Execute(
                "select make_message_partition($1)",
                DateTime.Parse(month + "-01T00:00:00Z", CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal)
            );
        foreach (var (at, content) in messages)
        {
            await server.Database.Execute(
                """
                with bumped as (update room set last_seq = last_seq + 1 where id = $1 returning last_seq)
                insert into message (id, room_id, seq, client_id, author_id, content, created_at)
                select overlay(gen_random_uuid()::text placing left(uuid_at($4)::text, 13) from 1 for 13)::uuid, $1,
                  last_seq, 'old' || last_seq, $2, $3, $4 from bumped
                """,
                talk.Room,
                author.Id,
                content,
                DateTime.Parse(at, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal)
            );
        }
    }

    private static async Task<string> Seqs(Actor who, Talk talk, string query) =>
        string.Join(
            ' ',
            (await who.Get($"/api/v1/chat/rooms/{talk.Room}/messages{query}"))
                .Is(200)
                .Data.EnumerateArray()
                .Select(m => m.Number("seq"))
        );

    [Fact]
    public async Task History_begins_at_any_moment()
    {
        var talk = await Talk.Begin(server, "public", "mira");
        await Remember(
            talk,
            talk.Owner,
            ("2024-02-10T10:00:00Z", "1"),
            ("2024-02-10T10:00:01Z", "2"),
            ("2024-02-28T23:59:59Z", "3"),
            ("2024-05-01T00:00:00Z", "4"),
            ("2024-05-02T12:00:00Z", "5")
        );
        await talk.Say(talk.Owner, "6");
        Assert.Equal("1 2", await Seqs(talk.Owner, talk, "?at=2020-01-01T00:00:00Z&limit=2"));
        Assert.Equal("2 3", await Seqs(talk.Owner, talk, "?at=2024-02-10T10:00:00.500Z&limit=2"));
        Assert.Equal("2 3", await Seqs(talk.Owner, talk, "?at=2024-02-10T11:00:01%2B01:00&limit=2"));
        Assert.Equal("4 5", await Seqs(talk.Owner, talk, "?at=2024-02-29T00:00:00Z&limit=2"));
        Assert.Equal("4 5 6", await Seqs(talk.Owner, talk, "?at=2024-03-15T00:00:00Z"));
        Assert.Equal("6", await Seqs(talk.Owner, talk, "?at=2024-05-03"));
        Assert.Equal("", await Seqs(talk.Owner, talk, "?at=2900-01-01T00:00:00Z"));
        var first = (
            await talk.Owner.Get($"/api/v1/chat/rooms/{talk.Room}/messages?at=2024-02-10T10:00:00Z&limit=3")
        ).Is(200);
        Assert.Equal(
            "4 5 6",
            await Seqs(talk.Owner, talk, $"?cursor={first.Json.GetProperty("meta").Text("next_cursor")}")
        );
        Assert.Equal(
            ["at INVALID_FORMAT"],
            (await talk.Owner.Get($"/api/v1/chat/rooms/{talk.Room}/messages?at=yesterday"))
                .Is(422, "VALIDATION_ERROR")
                .FieldErrors
        );
    }

    [Fact]
    public async Task Words_are_found_without_regard_to_case_and_accents_and_edits_count()
    {
        var talk = await Talk.Begin(server, "private", "mira", "davor");
        var (mira, davor) = (talk.Owner, talk.Guests[0]);
        var elsewhere = await Talk.Begin(server, "public", "mira");
        await elsewhere.Say(mira, "the café elsewhere");
        await Remember(talk, mira, ("2024-02-10T10:00:00Z", "An old Café in Ljubljana"));
        await talk.Say(davor, "Meet at the CAFE, it's loud");
        await talk.Say(mira, "今晚去咖啡馆听音乐");
        await talk.Say(mira, "Привет, КАФЕ");
        var edited = await talk.Say(mira, "to be changed");
        (await Talk.Edit(mira, edited, "now of the café too")).Is(200);
        var deleted = await talk.Say(mira, "a café to forget");
        (await mira.Delete(Talk.Path(deleted))).Is(200);

        Assert.Equal(
            ["now of the café too", "Meet at the CAFE, it's loud", "An old Café in Ljubljana"],
            await Found(mira, "café")
        );
        Assert.Equal(["An old Café in Ljubljana"], await Found(mira, "ljubljana old"));
        Assert.Equal(["Привет, КАФЕ"], await Found(mira, "кафе"));
        Assert.Equal(["今晚去咖啡馆听音乐"], await Found(mira, "咖啡馆"));
        Assert.Equal(["An old Café in Ljubljana"], await Found(mira, "ljub*"));
        Assert.Empty(await Found(mira, "ljub"));
        Assert.Empty(await Found(mira, "changed"));
        Assert.Empty(await Found(mira, "forget"));
        Assert.Empty(await Found(mira, "'!&|:*()"));
        Assert.Equal(["Meet at the CAFE, it's loud"], await Found(mira, "cafe", $"&from_user={davor.Id}"));
        Assert.Equal(["An old Café in Ljubljana"], await Found(mira, "cafe", "&before=2025-01-01T00:00:00Z"));
        Assert.Equal(2, (await Found(mira, "cafe", "&after=2025-01-01T00:00:00Z")).Length);
        var first = (await mira.Get($"/api/v1/chat/rooms/{talk.Room}/messages/search?q=cafe&limit=2")).Is(200);
        Assert.Equal(
            ["An old Café in Ljubljana"],
            await Found(mira, "cafe", $"&cursor={first.Json.GetProperty("meta").Text("next_cursor")}")
        );
        (await (await server.Register("outsider")).Get($"/api/v1/chat/rooms/{talk.Room}/messages/search?q=cafe")).Is(
            404,
            "ROOM_NOT_FOUND"
        );
        Assert.Equal(
            ["q REQUIRED"],
            (await mira.Get($"/api/v1/chat/rooms/{talk.Room}/messages/search")).Is(422, "VALIDATION_ERROR").FieldErrors
        );

        await talk.Block(mira, davor);
        Assert.Equal(["now of the café too", "An old Café in Ljubljana"], await Found(mira, "café"));
        await server.Database.Execute("delete from account_block");

        async Task<string[]> Found(Actor who, string q, string more = "") =>
            Talk.Contents(
                await who.Get($"/api/v1/chat/rooms/{talk.Room}/messages/search?q={Uri.EscapeDataString(q)}{more}")
            );
    }

    [Fact]
    public async Task A_word_that_everybody_says_is_looked_for_along_the_room_and_found_to_the_last()
    {
        var talk = await Talk.Begin(server, "public", "mira");
        await server.Database.Execute(
            """
            insert into message (id, room_id, seq, client_id, author_id, content)
            select overlay(gen_random_uuid()::text placing left(uuid_at(now() - interval '1 minute')::text, 13)
              from 1 for 13)::uuid, $1, n, n::text, $2,
                   case when n % 3 = 0 then 'common rare' || n else 'something else' end from generate_series(1, 9000) n
            """,
            talk.Room,
            talk.Owner.Id
        );
        await server.Database.Execute("update room set last_seq = 9000 where id = $1", talk.Room);
        var seqs = new List<long>();
        string? cursor = null;
        do
        {
            var page = (
                await talk.Owner.Get(
                    $"/api/v1/chat/rooms/{talk.Room}/messages/search?q=common&limit=100{(cursor is null ? "" : $"&cursor={cursor}")}"
                )
            ).Is(200);
            seqs.AddRange(page.Data.EnumerateArray().Select(m => m.Number("seq")));
            var next = page.Json.GetProperty("meta").GetProperty("next_cursor");
            cursor = next.ValueKind == JsonValueKind.Null ? null : next.GetString();
        } while (cursor is not null);
        Assert.Equal(Enumerable.Range(1, 3000).Select(i => (long)i * 3).Reverse(), seqs);
        Assert.Equal(
            ["common rare300"],
            Talk.Contents(await talk.Owner.Get($"/api/v1/chat/rooms/{talk.Room}/messages/search?q=rare300"))
        );
    }

    [Fact]
    public async Task Months_that_are_no_longer_kept_go_with_all_that_belonged_to_them()
    {
        await using var old = await VezaServer.Start();
        var mira = await old.Register("mira");
        var talk = await Talk.Begin(old, "public", "mira");
        await new HistoryTests(old).Remember(
            talk,
            mira,
            ("2024-02-10T10:00:00Z", "gone"),
            ("2023-02-10T10:00:00Z", "gone too")
        );
        await old.Database.Execute(
            """
            insert into message_revision (message_id, number, room_id, content, written_at)
              select id, 0, room_id, 'before', now() from message
            """
        );
        await old.Database.Execute(
            """
            insert into message_reaction (message_id, account_id, emoji, room_id) select id, author_id, '👍', room_id
              from message
            """
        );
        await old.Database.Execute(
            """
            insert into message_mention (account_id, room_id, seq, message_id, author_id)
              select author_id, room_id, seq, id, author_id from message
            """
        );
        await old.Database.Execute("update message set pinned_at = now()");
        await old.Database.Execute("update room set pin_count = 2");
        var file = await AttachmentsTests.Bring(mira, talk.Room, "old.txt", "old"u8.ToArray());
        await old.Database.Execute("update attachment set message_id = (select id from message where seq = 1)");
        var kept = await talk.Say(mira, "kept");
        Assert.Equal(1, (await mira.Put(Talk.Reactions(kept, "👍"))).Is(200).Data.Number("change"));
        Assert.Single(await old.Premises.StoredObjects("attachments/"));

        await using var worker = await VezaServer.Start(
            old.Premises,
            ("VEZA__ROLES", "worker"),
            ("VEZA__CHAT__RETENTION_DAYS", "30")
        );
        await Eventually.True(
            "the old months are gone",
            async () => await old.Database.Scalar<long>("select count(*) from message") == 1
        );
        foreach (var table in new[] { "message_revision", "message_mention", "attachment" })
            await Eventually.True(
                $"nothing is left in {table}",
                async () => await old.Database.Scalar<long>($"select count(*) from {table}") == 0
            );
        await Eventually.True(
            "the pins are counted",
            async () => await old.Database.Scalar<int>("select pin_count from room") == 0
        );
        Assert.Equal(1, await old.Database.Scalar<long>("select count(*) from message_reaction"));
        // Its object was put up for sweeping, and is swept in the end.
        await Eventually.True(
            "the file is swept",
            async () => (await old.Premises.StoredObjects("attachments/")).Length == 0
        );
        Assert.Equal(0, await old.Database.Scalar<long>("select used_bytes from attachment_use"));
        (await mira.Get($"/api/v1/chat/attachments/{file}")).Is(404, "ATTACHMENT_NOT_FOUND");

        Assert.Equal("3", await Seqs(mira, talk, ""));
        await using var hers = await ChatSocket.Open(mira);
        await hers.Subscribe(talk.Room, afterSeq: 1);
        Assert.False((await hers.Frame("resumed")).GetProperty("recovered").GetBoolean());
    }

    [Fact]
    public void How_long_messages_are_kept_is_a_setting() =>
        Assert.Equal(new ChatSettings(0, 2L << 30), server.Premises.Settings().Of<ChatSettings>());
}

using Veza.Features.Chat;
using Veza.Features.Chat.Messages;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Messages;

/// <summary>Files that come with messages.</summary>
[Trait("Touches", "Objects")]
public sealed class AttachmentsTests(VezaServer server) : IClassFixture<VezaServer>
{
    private static readonly byte[] Png = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 1, 2, 3];

    internal static async Task<Reply> Upload(Actor who, Guid room, string name, byte[] bytes)
    {
        var file = new ByteArrayContent(bytes);
        file.Headers.TryAddWithoutValidation(
            "Content-Disposition",
            $"form-data; name=\"file\"; filename*=UTF-8''{Uri.EscapeDataString(name)}"
        );
        using var form = new MultipartFormDataContent { file };
        return await who.Send(HttpMethod.Post, $"/api/v1/chat/rooms/{room}/attachments", form);
    }

    internal static async Task<Guid> Bring(Actor who, Guid room, string name, byte[] bytes) =>
        (await Upload(who, room, name, bytes)).Is(201).Data.GetProperty("id").GetGuid();

    private static string Url(Guid id) => $"/api/v1/chat/attachments/{id}";

    [Fact]
    public async Task A_file_comes_with_its_message_and_is_for_who_reads_the_room()
    {
        var talk = await Talk.Begin(server, "private", "mira", "davor");
        var (mira, davor, outsider) = (talk.Owner, talk.Guests[0], await server.Register("outsider"));
        await using var his = await talk.Listen(davor);
        var uploaded = (await Upload(mira, talk.Room, "../notes \u202E on \"verse\".png", Png)).Is(201).Data;
        var id = uploaded.GetProperty("id").GetGuid();
        Assert.Equal(
            ("notes  on \"verse\".png", "image/png", Png.Length),
            (uploaded.Text("name"), uploaded.Text("content_type"), uploaded.Number("size_bytes"))
        );
        // Until it is posted nobody else knows of it.
        (await mira.Get(Url(id))).Is(200);
        (await davor.Get(Url(id))).Is(404, "ATTACHMENT_NOT_FOUND");

        await talk.Say(mira, "", null, id);
        await his.Saw(talk.Room, 1);
        var told = his
            .Frames.Single(f => f.Text("type") == "message.created")
            .GetProperty("message")
            .GetProperty("attachments")[0];
        Assert.Equal(
            (id, Url(id), "image/png"),
            (told.GetProperty("id").GetGuid(), told.Text("url"), told.Text("content_type"))
        );
        var download = (await davor.Get(Url(id))).Is(200);
        Assert.Equal(Png, download.Body);
        Assert.Equal(("image/png", "nosniff"), (download.ContentType, download.Header("X-Content-Type-Options")));
        Assert.StartsWith("attachment;", download.Header("Content-Disposition"), StringComparison.Ordinal);
        Assert.Equal(Png[2..5], (await davor.Get(Url(id), ("Range", "bytes=2-4"))).Is(206).Body);
        (await outsider.Get(Url(id))).Is(404, "ATTACHMENT_NOT_FOUND");
        (await server.Visitor.Get(Url(id))).Is(401, "UNAUTHENTICATED");
    }

    [Fact]
    public async Task A_file_is_posted_once_by_who_brought_it_where_it_was_brought()
    {
        var talk = await Talk.Begin(server, "public", "mira", "davor");
        var other = await Talk.Begin(server, "public", "mira");
        var id = await Bring(talk.Owner, talk.Room, "a.txt", "hello"u8.ToArray());
        Assert.Equal(
            ["attachments ATTACHMENT_NOT_FOUND"],
            (await talk.Post(talk.Guests[0], "his?", null, id)).Is(404, "ATTACHMENT_NOT_FOUND").FieldErrors
        );
        (await other.Post(other.Owner, "elsewhere?", null, id)).Is(404, "ATTACHMENT_NOT_FOUND");
        (await talk.Post(talk.Owner, "none", null, Guid.CreateVersion7())).Is(404, "ATTACHMENT_NOT_FOUND");
        Assert.Equal(
            ["attachments NOT_ALLOWED"],
            (await talk.Post(talk.Owner, "twice", null, id, id)).Is(422, "VALIDATION_ERROR").FieldErrors
        );
        Assert.Equal(
            ["attachments TOO_MANY"],
            (await talk.Post(talk.Owner, "many", null, [.. Enumerable.Range(0, 11).Select(_ => Guid.CreateVersion7())]))
                .Is(422, "VALIDATION_ERROR")
                .FieldErrors
        );

        var replies = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(i => talk.Post(talk.Owner, $"race {i}", null, id))
        );
        Assert.Single(replies, r => r.Status == 201);
        Each.Of(replies.Where(r => r.Status != 201), r => r.Is(404, "ATTACHMENT_NOT_FOUND"));
        Assert.Equal(1, await server.Database.Scalar<long>("select last_seq from room where id = $1", talk.Room));

        // The same post again, after an answer that was lost.
        var file = await Bring(talk.Owner, talk.Room, "b.txt", "again"u8.ToArray());
        var post = new
        {
            ClientId = "lost",
            Content = "with file",
            Attachments = new[] { file },
        };
        (await talk.Owner.Post($"/api/v1/chat/rooms/{talk.Room}/messages", post)).Is(201);
        Assert.Equal(
            1,
            (await talk.Owner.Post($"/api/v1/chat/rooms/{talk.Room}/messages", post))
                .Is(200)
                .Data.GetProperty("attachments")
                .GetArrayLength()
        );
    }

    [Fact]
    public async Task Deleting_a_message_or_a_room_removes_the_files()
    {
        await using var own = await VezaServer.Start();
        var talk = await Talk.Begin(own, "public", "mira");
        Guid[] ids =
        [
            await Bring(talk.Owner, talk.Room, "1.txt", "one"u8.ToArray()),
            await Bring(talk.Owner, talk.Room, "2.txt", "two"u8.ToArray()),
        ];
        var message = await talk.Say(talk.Owner, "first", null, ids[0]);
        await talk.Say(talk.Owner, "second", null, ids[1]);
        Assert.Equal(2, (await own.Premises.StoredObjects("attachments/")).Length);
        (await talk.Owner.Delete(Talk.Path(message))).Is(200);
        Assert.Equal([$"attachments/{talk.Room}/{ids[1]}/file"], await own.Premises.StoredObjects("attachments/"));
        (await talk.Owner.Get(Url(ids[0]))).Is(404, "ATTACHMENT_NOT_FOUND");
        Assert.Equal(3, await own.Database.Scalar<long>("select used_bytes from attachment_use"));

        await own.Database.Execute("delete from room where id = $1", talk.Room);
        (await talk.Owner.Get(Url(ids[1]))).Is(404, "ATTACHMENT_NOT_FOUND");
        await own.Restart();
        await Eventually.True(
            "the room's remains are cleared",
            async () => await own.Database.Scalar<long>("select used_bytes from attachment_use") == 0
        );
        Assert.Equal(0, await own.Database.Scalar<long>("select count(*) from attachment"));
        await own.Restart();
        await Eventually.True(
            "its object is swept",
            async () => (await own.Premises.StoredObjects("attachments/")).Length == 0
        );
    }

    [Fact]
    public async Task What_no_message_takes_and_what_a_crash_leaves_is_swept()
    {
        await using var own = await VezaServer.Start();
        var talk = await Talk.Begin(own, "public", "mira");
        var loose = await Bring(talk.Owner, talk.Room, "loose.txt", "loose"u8.ToArray());
        var taken = await Bring(talk.Owner, talk.Room, "taken.txt", "taken"u8.ToArray());
        await talk.Say(talk.Owner, "taken", null, taken);

        // The row of the uploader is held, so the file is stored and its commit waits: then the process dies.
        await using (var db = await own.Database.Source.OpenConnectionAsync(TestContext.Current.CancellationToken))
        await using (var holding = await db.BeginTransactionAsync(TestContext.Current.CancellationToken))
        {
            await using var hold = new Npgsql.NpgsqlCommand("select 1 from room_member for update", db, holding);
            await hold.ExecuteScalarAsync(TestContext.Current.CancellationToken);
            var cut = Upload(talk.Owner, talk.Room, "cut.txt", "cut"u8.ToArray());
            await Eventually.True(
                "the file is there",
                async () => (await own.Premises.StoredObjects("attachments/")).Length == 3
            );
            await own.Kill();
            await Assert.ThrowsAnyAsync<Exception>(() => cut);
        }

        await own.Database.Execute("update storage_claim set claimed_until = now()");
        await own.Database.Execute("update attachment set created_at = now() - interval '46 minutes'");
        await own.Restart();
        await Eventually.True(
            "the loose one is forgotten",
            async () => await own.Database.Scalar<long>("select count(*) from attachment") == 1
        );
        await own.Restart();
        await Eventually.True(
            "what is left is what a message has",
            async () =>
                (await own.Premises.StoredObjects("attachments/")) is [var left]
                && left.Contains($"{taken}", StringComparison.Ordinal)
        );
        Assert.NotEqual(loose, taken);
        Assert.Equal(5, await own.Database.Scalar<long>("select used_bytes from attachment_use"));
    }

    [Fact]
    public async Task Files_have_a_size_a_quota_and_a_form()
    {
        await using var small = await VezaServer.Start(
            server.Premises,
            ("VEZA__PUBLIC_URL", server.Address),
            ("VEZA__CHAT__ATTACHMENT_QUOTA_BYTES", "10")
        );
        var sunniva = await Actor.Register(small, "sunniva");
        var talk = await Talk.Begin(server, "public", "henrik");
        (await sunniva.Put($"/api/v1/chat/rooms/{talk.Room}/members/me")).Is(200);
        await Bring(sunniva, talk.Room, "six.txt", "sixsix"u8.ToArray());
        (await Upload(sunniva, talk.Room, "five.txt", "fives"u8.ToArray())).Is(422, "ATTACHMENT_QUOTA_EXCEEDED");
        await Bring(sunniva, talk.Room, "four.txt", "four"u8.ToArray());
        (await Upload(sunniva, talk.Room, "one.txt", "1"u8.ToArray())).Is(422, "ATTACHMENT_QUOTA_EXCEEDED");
        Assert.Equal(
            2,
            (await server.Premises.StoredObjects("attachments/")).Count(key =>
                key.StartsWith($"attachments/{talk.Room}/", StringComparison.Ordinal)
            )
        );

        (await Upload(talk.Owner, talk.Room, "big.bin", new byte[ChatLimits.AttachmentBytesMax + 1])).Is(
            413,
            "ATTACHMENT_TOO_LARGE"
        );
        (await Upload(talk.Owner, talk.Room, "empty.bin", [])).Is(422, "FILE_EMPTY");
        (await talk.Owner.Post($"/api/v1/chat/rooms/{talk.Room}/attachments", new { File = "x" })).Is(
            415,
            "UNSUPPORTED_MEDIA_TYPE"
        );
        (await Upload(await server.Register("outsider"), talk.Room, "a.txt", "a"u8.ToArray())).Is(403, "NOT_A_MEMBER");
        (await Upload(talk.Owner, Guid.CreateVersion7(), "a.txt", "a"u8.ToArray())).Is(404, "ROOM_NOT_FOUND");
        await server.Database.Execute(
            """
            insert into attachment (id, room_id, account_id, name, content_type, size_bytes)
              select gen_random_uuid(), $1, $2, 'x', 'text/plain', 0 from generate_series(1, 30)
            """,
            talk.Room,
            talk.Owner.Id
        );
        (await Upload(talk.Owner, talk.Room, "a.txt", "a"u8.ToArray())).Is(429, "TOO_MANY_ATTACHMENTS");
    }

    [Fact]
    public void The_bytes_say_what_a_file_is()
    {
        Assert.Equal("text/plain; charset=utf-8", FileKind.Of("<html><script>alert(1)</script>"u8));
        Assert.Equal("text/plain; charset=utf-8", FileKind.Of("<svg xmlns='http://www.w3.org/2000/svg'/>"u8));
        Assert.Equal(
            "text/plain; charset=utf-8",
            FileKind.Of(System.Text.Encoding.UTF8.GetBytes("žluťoučký\r\n\tkůň 🐎"))
        );
        Assert.Equal("application/pdf", FileKind.Of("%PDF-1.7"u8));
        Assert.Equal("application/zip", FileKind.Of([0x50, 0x4B, 3, 4, 0]));
        Assert.Equal("image/png", FileKind.Of(Png));
        Assert.Equal("audio/flac", FileKind.Of("fLaC\0\0\0\x22"u8));
        Assert.Equal("application/octet-stream", FileKind.Of([1, 2, 3]));
        Assert.Equal("application/octet-stream", FileKind.Of([0xC3]));
        Assert.Equal("application/octet-stream", FileKind.Of("MZ\u0090\0"u8));
    }
}

using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Uploads;

/// <summary>tus 1.0, header by header and status by status.</summary>
[Trait("Touches", "Objects")]
public sealed class UploadsTests(VezaServer server) : IClassFixture<VezaServer>
{
    private static async Task<byte[]> Song() => await File.ReadAllBytesAsync(await Sounds.Short);

    [Fact]
    public async Task Anybody_may_ask_what_is_spoken_here()
    {
        var reply = (await server.Visitor.Send(HttpMethod.Options, "/api/v1/uploads", null)).Is(204);
        Assert.Equal(
            ("1.0.0", "1.0.0", "2147483648", "sha1,sha256,md5"),
            (
                reply.Header("Tus-Resumable"),
                reply.Header("Tus-Version"),
                reply.Header("Tus-Max-Size"),
                reply.Header("Tus-Checksum-Algorithm")
            )
        );
        Assert.Equal(
            "creation,creation-with-upload,expiration,checksum,termination,concatenation",
            reply.Header("Tus-Extension")
        );
    }

    [Fact]
    public async Task With_the_last_byte_the_track_is_there()
    {
        var mira = await server.Register("mira");
        var song = await Song();
        var upload = await TusUpload.Create(
            mira,
            song.Length,
            ("filename", "night.flac"),
            ("title", "Night"),
            ("genre", "ambient"),
            ("visibility", "unlisted")
        );
        var first = (await upload.Patch(0, song.AsMemory(0, 1000))).Is(204);
        Assert.Equal(
            ("1000", "1.0.0", null),
            (first.Header("Upload-Offset"), first.Header("Tus-Resumable"), first.Header("Veza-Track-Id"))
        );
        Assert.InRange(
            DateTime.Parse(first.Header("Upload-Expires")!, CultureInfo.InvariantCulture).ToUniversalTime(),
            DateTime.UtcNow.AddHours(20),
            DateTime.UtcNow.AddHours(25)
        );
        var head = (await upload.Head()).Is(200);
        Assert.Equal(
            ("1000", $"{song.Length}", "no-store", null),
            (
                head.Header("Upload-Offset"),
                head.Header("Upload-Length"),
                head.Header("Cache-Control"),
                head.Header("Veza-Track-Id")
            )
        );
        Assert.Equal(
            TusUpload.Metadata(
                ("filename", "night.flac"),
                ("title", "Night"),
                ("genre", "ambient"),
                ("visibility", "unlisted")
            ),
            head.Header("Upload-Metadata")
        );

        var track = Guid.Parse((await upload.Patch(1000, song.AsMemory(1000))).Is(204).Header("Veza-Track-Id")!);
        Assert.Equal(track.ToString(), (await upload.Head()).Is(200).Header("Veza-Track-Id"));
        Assert.Equal($"{song.Length}", (await upload.Head()).Header("Upload-Offset"));
        var ready = await mira.Ready(track);
        Assert.Equal(
            (Convert.ToHexStringLower(SHA256.HashData(song)), song.Length, "Night", "ambient", "unlisted"),
            (
                ready.Text("sha256"),
                ready.Number("size_bytes"),
                ready.Text("title"),
                ready.Text("genre"),
                ready.Text("visibility")
            )
        );
        (await upload.Patch(song.Length, ReadOnlyMemory<byte>.Empty)).Is(409, "UPLOAD_FINISHED");
        (await upload.Delete()).Is(409, "UPLOAD_FINISHED");
        (await mira.Get($"/api/v1/tracks/{track}")).Is(200);
    }

    [Fact]
    public async Task The_first_bytes_may_come_with_the_creation()
    {
        var mira = await server.Register("mira");
        var song = await Song();
        var body = new ByteArrayContent(song);
        body.Headers.ContentType = new("application/offset+octet-stream");
        var reply = (
            await mira.Send(
                HttpMethod.Post,
                "/api/v1/uploads",
                body,
                ("Tus-Resumable", "1.0.0"),
                ("Upload-Length", $"{song.Length}")
            )
        ).Is(201);
        Assert.Equal($"{song.Length}", reply.Header("Upload-Offset"));
        Assert.Equal(reply.Header("Location"), $"/api/v1/uploads/{reply.Header("Veza-Track-Id")}");
        await mira.Ready(Guid.Parse(reply.Header("Veza-Track-Id")!));
    }

    [Fact]
    public async Task What_tus_forbids_has_its_status_and_a_code()
    {
        var mira = await server.Register("mira");
        var song = await Song();
        var refused = (await mira.Send(HttpMethod.Post, "/api/v1/uploads", null, ("Upload-Length", "10"))).Is(
            412,
            "TUS_VERSION_UNSUPPORTED"
        );
        Assert.Equal("1.0.0", refused.Header("Tus-Version"));
        (
            await mira.Send(
                HttpMethod.Post,
                "/api/v1/uploads",
                null,
                ("Tus-Resumable", "0.2.2"),
                ("Upload-Length", "10")
            )
        ).Is(412, "TUS_VERSION_UNSUPPORTED");
        (await TusUpload.Post(mira)).Is(400, "BAD_REQUEST");
        (await TusUpload.Post(mira, ("Upload-Length", "-1"))).Is(400, "BAD_REQUEST");
        (await TusUpload.Post(mira, ("Upload-Defer-Length", "1"))).Is(400, "BAD_REQUEST");
        (await TusUpload.Post(mira, ("Upload-Length", "10"), ("Upload-Metadata", "title !!!"))).Is(400, "BAD_REQUEST");
        (await TusUpload.Post(mira, ("Upload-Length", "10"), ("Upload-Concat", "sideways"))).Is(400, "BAD_REQUEST");
        (await TusUpload.TryCreate(mira, 10, null, ("title", "zero\0"))).Is(400, "CHARACTER_REFUSED");
        Assert.Equal(
            "1.0.0",
            (await TusUpload.TryCreate(mira, 2147483649)).Is(413, "UPLOAD_TOO_LARGE").Header("Tus-Resumable")
        );
        (await TusUpload.TryCreate(mira, 0)).Is(422, "FILE_EMPTY");
        Assert.Equal(
            ["visibility NOT_ALLOWED"],
            (await TusUpload.TryCreate(mira, 10, null, ("visibility", "secret")))
                .Is(422, "VALIDATION_ERROR")
                .FieldErrors
        );

        var upload = await TusUpload.Create(mira, song.Length);
        (await upload.Patch(5, song)).Is(409, "UPLOAD_OFFSET_CONFLICT");
        (
            await mira.Send(
                HttpMethod.Patch,
                upload.Url,
                new ByteArrayContent(song),
                ("Tus-Resumable", "1.0.0"),
                ("Upload-Offset", "0")
            )
        ).Is(415, "UNSUPPORTED_MEDIA_TYPE");
        (await upload.Patch(0, new byte[song.Length + 1])).Is(413, "UPLOAD_TOO_LARGE");
        (await mira.Send(HttpMethod.Patch, upload.Url, null, ("Upload-Offset", "0"))).Is(
            412,
            "TUS_VERSION_UNSUPPORTED"
        );
        (await upload.Patch(0, song, ("Upload-Checksum", "crc32 AAAA"))).Is(400, "BAD_REQUEST");
        Assert.Equal(0, await upload.Offset());
    }

#pragma warning disable CA5350, CA5351 // What tus clients send: against a line's faults, not against people.
    [Fact]
    public async Task Bytes_with_a_wrong_checksum_are_not_kept()
    {
        var mira = await server.Register("mira");
        var song = await Song();
        var upload = await TusUpload.Create(mira, song.Length);
        var half = song.Length / 2;
        foreach (
            var (name, hash) in new (string, Func<byte[], byte[]>)[]
            {
                ("sha1", SHA1.HashData),
                ("sha256", SHA256.HashData),
                ("md5", MD5.HashData),
            }
        )
            (
                await upload.Patch(
                    0,
                    song.AsMemory(0, half),
                    ("Upload-Checksum", $"{name} {Convert.ToBase64String(hash(song))}")
                )
            ).Is(460, "UPLOAD_CHECKSUM_MISMATCH");
        Assert.Equal(0, await upload.Offset());
        (
            await upload.Patch(
                0,
                song.AsMemory(0, half),
                ("Upload-Checksum", $"sha1 {Convert.ToBase64String(SHA1.HashData(song.AsSpan(0, half)))}")
            )
        ).Is(204);
        (
            await upload.Patch(
                half,
                new byte[song.Length - half],
                ("Upload-Checksum", $"md5 {Convert.ToBase64String(MD5.HashData(song))}")
            )
        ).Is(460, "UPLOAD_CHECKSUM_MISMATCH");
        var last = (
            await upload.Patch(
                half,
                song.AsMemory(half),
                ("Upload-Checksum", $"sha256 {Convert.ToBase64String(SHA256.HashData(song.AsSpan(half)))}")
            )
        ).Is(204);
        var track = await mira.Ready(Guid.Parse(last.Header("Veza-Track-Id")!));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(song)), track.Text("sha256"));
    }
#pragma warning restore CA5350, CA5351

    /// <summary>
    /// The HTTP server gives up what lies in its own buffer of a megabyte; all that it had handed on is kept.
    /// </summary>
    [Fact]
    public async Task Of_a_request_that_is_cut_what_came_in_is_kept()
    {
        var mira = await server.Register("mira");
        var song = await File.ReadAllBytesAsync(await Sounds.Notes("minute.wav", 60));
        var upload = await TusUpload.Create(mira, song.Length);
        using (var raw = await upload.BeginPatch(0, song.Length))
            await raw.Send(song.AsMemory(0, 6_000_000));
        await Eventually.True(
            "the request is over",
            async () =>
                await server.Database.Scalar<bool>(
                    "select fence = 1 and held_until < now() from upload where id = $1",
                    upload.Id
                )
        );
        Assert.InRange(await upload.Offset(), 4_500_000, 6_000_000);
        var track = (await mira.Get($"/api/v1/tracks/{await upload.Finish(song)}")).Is(200).Data;
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(song)), track.Text("sha256"));
        Assert.Equal(
            SHA256.HashData(song),
            await server.Premises.StoredSha256($"tracks/{upload.Id}/original", song.Length)
        );
    }

    [Fact]
    public async Task Of_two_that_write_at_once_one_wins_and_the_other_is_told()
    {
        var mira = await server.Register("mira");
        var song = await Song();
        var upload = await TusUpload.Create(mira, song.Length);
        using (var raw = await upload.BeginPatch(0, song.Length))
        {
            await raw.Send(song.AsMemory(0, 1000));
            await Eventually.True(
                "the first one writes",
                async () =>
                    await server.Database.Scalar<bool>("select held_until > now() from upload where id = $1", upload.Id)
            );
            (await upload.Patch(0, song)).Is(423, "UPLOAD_LOCKED");
            (await upload.Delete()).Is(423, "UPLOAD_LOCKED");
            await raw.Send(song.AsMemory(1000));
            Assert.Contains("Veza-Track-Id", await raw.ReadUntil("\r\n\r\n"), StringComparison.Ordinal);
        }

        var racers = await TusUpload.Create(mira, song.Length);
        var replies = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => racers.Patch(0, song)));
        Assert.Single(replies, r => r.Status == 204);
        Each.Of(replies, r => Assert.Contains(r.Status, new[] { 204, 409, 423 }));
        Assert.Equal(1, await server.Database.Scalar<long>("select count(*) from track where id = $1", racers.Id));
    }

    [Fact]
    public async Task What_is_no_audio_is_told_as_soon_as_it_shows_and_leaves_nothing()
    {
        var davor = await server.Register("davor");
        var text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("Dear diary, this is a text. ", 1000)));
        var upload = await TusUpload.Create(davor, text.Length, ("filename", "text.mp3"));
        (await upload.Patch(0, text.AsMemory(0, 100))).Is(204);
        (await upload.Patch(100, text.AsMemory(100, 10_000))).Is(422, "FORMAT_UNSUPPORTED");
        (await upload.Head()).Is(404);
        await server.Premises.NothingIsStored($"tracks/{upload.Id}/");
        Assert.Equal(
            0,
            await server.Database.Scalar<long>("select reserved_bytes from storage_use where account_id = $1", davor.Id)
        );
    }

    [Fact]
    public async Task An_upload_is_nobody_elses()
    {
        var mira = await server.Register("mira");
        var upload = await TusUpload.Create(mira, 10_000);
        var stranger = await server.Register("stranger");
        var theirs = new TusUpload(stranger, upload.Url);
        (await theirs.Head()).Is(404);
        (await theirs.Patch(0, new byte[10])).Is(404, "UPLOAD_NOT_FOUND");
        (await theirs.Delete()).Is(404, "UPLOAD_NOT_FOUND");
        (await TusUpload.TryCreate(stranger, 0, $"final;{upload.Url}")).Is(404, "UPLOAD_NOT_FOUND");
        (await upload.Delete()).Is(204);
        (await upload.Head()).Is(404);
        await server.Premises.NothingIsStored($"tracks/{upload.Id}/");
    }

    [Fact]
    public async Task Parts_are_joined_in_the_order_that_is_asked_for()
    {
        var mira = await server.Register("mira");
        var song = await Song();
        var cuts = new[] { 0, 100, 2000, song.Length };
        var parts = new List<TusUpload>();
        for (var i = 0; i < 3; i++)
            parts.Add(
                new TusUpload(
                    mira,
                    (await TusUpload.TryCreate(mira, cuts[i + 1] - cuts[i], "partial")).Is(201).Header("Location")!
                )
            );
        Assert.Equal("partial", (await parts[0].Head()).Is(200).Header("Upload-Concat"));
        // The last first, as lines of different speed would have it.
        for (var i = 2; i > 0; i--)
            (await parts[i].Patch(0, song.AsMemory(cuts[i], cuts[i + 1] - cuts[i]))).Is(204);
        var concat = $"final;{parts[0].Url} {server.Address}{parts[1].Url} {parts[2].Url}";
        (await TusUpload.TryCreate(mira, 0, concat, ("title", "Joined"))).Is(409, "UPLOAD_INCOMPLETE");
        (await parts[0].Patch(0, song.AsMemory(0, 100))).Is(204);
        (await TusUpload.TryCreate(mira, 0, $"final;{parts[0].Url} {parts[0].Url}")).Is(400, "BAD_REQUEST");
        (await TusUpload.TryCreate(mira, 0, $"final;{parts[2].Url} {parts[1].Url}")).Is(422, "FORMAT_UNSUPPORTED");

        var joined = (await TusUpload.TryCreate(mira, 0, concat, ("title", "Joined"))).Is(201);
        var id = Guid.Parse(joined.Header("Veza-Track-Id")!);
        var final = new TusUpload(mira, joined.Header("Location")!);
        Assert.Equal(
            (concat, $"{song.Length}", id.ToString()),
            (
                (await final.Head()).Is(200).Header("Upload-Concat"),
                (await final.Head()).Header("Upload-Length"),
                (await final.Head()).Header("Veza-Track-Id")
            )
        );
        (await final.Patch(0, new byte[1])).Is(403, "UPLOAD_IS_FINAL");
        (await mira.Get($"/api/v1/tracks/{id}")).Is(200);
        var track = await mira.Ready(id);
        Assert.Equal(
            (Convert.ToHexStringLower(SHA256.HashData(song)), "Joined"),
            (track.Text("sha256"), track.Text("title"))
        );
        foreach (var part in parts)
            await server.Premises.NothingIsStored($"uploads/{part.Id}/");
    }

    [Fact]
    public async Task What_lies_idle_too_long_is_told_to_be_gone_and_is_swept()
    {
        var idler = await server.Register("idler");
        var song = await Song();
        var upload = await TusUpload.Create(idler, song.Length);
        (await upload.Patch(0, song.AsMemory(0, 5000))).Is(204);
        var part = new TusUpload(idler, (await TusUpload.TryCreate(idler, 10, "partial")).Is(201).Header("Location")!);
        (await part.Patch(0, song.AsMemory(0, 10))).Is(204);
        await server.Database.Execute("update upload set expires_at = now() where account_id = $1", idler.Id);
        (await upload.Head()).Is(410);
        (await upload.Patch(5000, song.AsMemory(5000))).Is(410, "UPLOAD_EXPIRED");
        (await TusUpload.TryCreate(idler, 0, $"final;{part.Url}")).Is(409, "UPLOAD_INCOMPLETE");

        // At its start a worker keeps house, as it does every minute.
        await server.Restart();
        await server.Premises.NothingIsStored($"tracks/{upload.Id}/");
        await server.Premises.NothingIsStored($"uploads/{part.Id}/");
        Assert.Equal(
            0,
            await server.Database.Scalar<long>("select reserved_bytes from storage_use where account_id = $1", idler.Id)
        );
        (await upload.Head()).Is(410);
        (await upload.Delete()).Is(410, "UPLOAD_EXPIRED");
    }
}

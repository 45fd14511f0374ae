using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Tracks.Covers;

/// <summary>
/// Covers over HTTP: out of the file, set by the owner, taken off; seen by who sees the track, and leaving nothing
/// behind.
/// </summary>
[Trait("Touches", "Objects")]
public sealed class CoversTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    [Fact]
    public async Task The_cover_in_the_file_becomes_the_tracks_whatever_the_format()
    {
        var mira = await server.Register("mira");
        var red = await Sounds.Make("red.jpg", "-f", "lavfi", "-i", "color=red:s=400x300", "-frames:v", "1");
        List<(string Format, Guid Id)> tracks = [];
        foreach (
            var (format, coder, picture) in new[]
            {
                ("mp3", "libmp3lame", red),
                ("m4a", "aac", red),
                ("flac", "flac", red),
                ("aiff", "pcm_s16be", red),
                ("mp3", "libmp3lame", await RedPng()),
                ("m4a", "aac", await RedPng()),
                ("flac", "flac", await RedPng()),
            }
        )
            tracks.Add(
                (
                    format,
                    await mira.UploadTrack(
                        await WithCover($"red-{Path.GetExtension(picture)[1..]}.{format}", coder, picture)
                    )
                )
            );
        foreach (var name in new[] { "ogg", "opus" })
            tracks.Add(
                (
                    name,
                    await mira.UploadTrack(
                        await OggWithCover(
                            name,
                            await File.ReadAllBytesAsync(red, TestContext.Current.CancellationToken)
                        )
                    )
                )
            );
        foreach (var (format, id) in tracks)
        {
            var url = (await mira.Ready(id)).GetProperty("cover_url").GetString();
            Assert.True(url is not null, $"{format}: no cover\n{server.LogTail()}");
            Assert.Equal(
                (format, "RRRR"),
                (format, await Pictures.QuartersOf((await server.Visitor.Get(url!)).Is(200).Body))
            );
        }
    }

    [Fact]
    public async Task An_owner_sets_a_cover_replaces_it_and_takes_it_off_and_no_file_stays()
    {
        var mira = await server.Register("mira");
        var id = await mira.UploadTrack(await Sounds.Short);
        Assert.Equal(JsonValueKind.Null, (await mira.Ready(id)).GetProperty("cover_url").ValueKind);
        (await server.Visitor.Get($"/api/v1/tracks/{id}/cover")).Is(404, "COVER_NOT_FOUND");
        var before = await server.Premises.StoredObjects($"tracks/{id}/");

        var first = (
            await mira.Send(
                HttpMethod.Put,
                $"/api/v1/tracks/{id}/cover",
                Pictures.Content(await Pictures.Drawn("png", 1500, 1300))
            )
        )
            .Is(200)
            .Data.Text("cover_url");
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent(await Pictures.Quarters("webp")), "file", "cover.webp" },
        };
        var second = (await mira.Send(HttpMethod.Put, $"/api/v1/tracks/{id}/cover", form))
            .Is(200)
            .Data.Text("cover_url");
        Assert.NotEqual(first, second);
        Assert.Equal(second, (await mira.Get($"/api/v1/tracks/{id}")).Is(200).Data.Text("cover_url"));
        Assert.Equal("RGBW", await Pictures.QuartersOf((await server.Visitor.Get(second)).Is(200).Body));
        Assert.Equal(before.Length + 4, (await server.Premises.StoredObjects($"tracks/{id}/")).Length);

        (await mira.Delete($"/api/v1/tracks/{id}/cover")).Is(200);
        (await mira.Delete($"/api/v1/tracks/{id}/cover")).Is(200);
        Assert.Equal(before, await server.Premises.StoredObjects($"tracks/{id}/"));
        Assert.Equal(
            JsonValueKind.Null,
            (await mira.Get($"/api/v1/tracks/{id}")).Is(200).Data.GetProperty("cover_url").ValueKind
        );

        (
            await mira.Send(
                HttpMethod.Put,
                $"/api/v1/tracks/{id}/cover",
                Pictures.Content(await Pictures.Quarters("gif"))
            )
        ).Is(200);
        (await mira.Delete($"/api/v1/tracks/{id}")).Is(200);
        await server.Premises.NothingIsStored($"tracks/{id}/");
    }

    [Fact]
    public async Task A_cover_comes_in_the_size_that_suits_and_is_kept_by_whoever_has_it()
    {
        var mira = await server.Register("mira");
        var id = await mira.UploadTrack(await Sounds.Short);
        await mira.Ready(id);
        var url = (
            await mira.Send(
                HttpMethod.Put,
                $"/api/v1/tracks/{id}/cover",
                Pictures.Content(await Pictures.Drawn("jpg", 1500, 1300), "image/jpeg")
            )
        )
            .Is(200)
            .Data.Text("cover_url");
        foreach (
            var (asked, edge) in new[]
            {
                ("", 1200),
                ("&size=1", 96),
                ("&size=96", 96),
                ("&size=97", 300),
                ("&size=600", 600),
                ("&size=5000", 1200),
            }
        )
            Assert.Equal(
                (asked, edge),
                (asked, await Pictures.EdgeOf((await server.Visitor.Get(url + asked)).Is(200).Body))
            );

        var whole = (await server.Visitor.Get(url + "&size=96")).Is(200);
        Assert.Equal(
            ("image/jpeg", "nosniff", "public, max-age=31536000, s-maxage=3600, immutable"),
            (whole.ContentType, whole.Header("X-Content-Type-Options"), whole.Header("Cache-Control"))
        );
        (await server.Visitor.Get(url + "&size=96", ("If-None-Match", whole.Header("ETag")!))).Is(304);
        (await server.Visitor.Get(url + "&size=300", ("If-None-Match", whole.Header("ETag")!))).Is(200);
        Assert.Equal(
            whole.Header("Content-Length"),
            (await server.Visitor.Head(url + "&size=96")).Is(200).Header("Content-Length")
        );
        Assert.Equal(
            "public, max-age=60, s-maxage=3600",
            (await server.Visitor.Get($"/api/v1/tracks/{id}/cover")).Is(200).Header("Cache-Control")
        );
        (await server.Visitor.Get($"/api/v1/tracks/{id}/cover?size=0")).Is(422, "VALIDATION_ERROR");
    }

    [Fact]
    public async Task A_cover_is_seen_by_who_sees_the_track_and_set_by_its_owner_alone()
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var id = await mira.UploadTrack(await Sounds.Short, ("visibility", "private"));
        var picture = await Pictures.Quarters("png");
        var url = (await mira.Send(HttpMethod.Put, $"/api/v1/tracks/{id}/cover", Pictures.Content(picture)))
            .Is(200)
            .Data.Text("cover_url");
        Assert.Equal("max-age=31536000, private, immutable", (await mira.Get(url)).Is(200).Header("Cache-Control"));
        (await davor.Get(url)).Is(404, "TRACK_NOT_FOUND");
        (await server.Visitor.Get(url)).Is(404, "TRACK_NOT_FOUND");
        (await davor.Send(HttpMethod.Put, $"/api/v1/tracks/{id}/cover", Pictures.Content(picture))).Is(
            404,
            "TRACK_NOT_FOUND"
        );
        (await davor.Delete($"/api/v1/tracks/{id}/cover")).Is(404, "TRACK_NOT_FOUND");
        Assert.Equal("RGBW", await Pictures.QuartersOf((await mira.Get(url)).Is(200).Body));
    }

    [Fact]
    public async Task Bad_pictures_are_told_apart_and_leave_nothing()
    {
        var mira = await server.Register("mira");
        var id = await mira.UploadTrack(await Sounds.Short);
        await mira.Ready(id);
        var before = await server.Premises.StoredObjects($"tracks/{id}/");
        var png = await Pictures.Drawn("png", 300, 200);
        (await Put("<svg xmlns=\"http://www.w3.org/2000/svg\"/>"u8.ToArray(), "image/svg+xml")).Is(
            422,
            "PICTURE_UNSUPPORTED"
        );
        (await Put("just some text"u8.ToArray(), "image/png")).Is(422, "PICTURE_UNSUPPORTED");
        (await Put(png[..(png.Length / 2)], "image/png")).Is(422, "PICTURE_DAMAGED");
        (await Put(png, "text/html")).Is(415, "UNSUPPORTED_MEDIA_TYPE");
        (await Put([], "image/png")).Is(422, "PICTURE_MISSING");
        (await Put(new byte[11 << 20], "image/png")).Is(413, "PAYLOAD_TOO_LARGE");
        using var form = new MultipartFormDataContent { { new ByteArrayContent(png), "picture", "cover.png" } };
        (await mira.Send(HttpMethod.Put, $"/api/v1/tracks/{id}/cover", form)).Is(422, "PICTURE_MISSING");
        // What the type says is not believed, the bytes are.
        (await Put(png, "image/jpeg")).Is(200);
        (await mira.Delete($"/api/v1/tracks/{id}/cover")).Is(200);
        Assert.Equal(before, await server.Premises.StoredObjects($"tracks/{id}/"));
        Assert.Equal(
            0,
            await server.Database.Scalar<long>(
                "select count(*) from storage_claim where prefix like $1",
                $"tracks/{id}/%"
            )
        );

        Task<Reply> Put(byte[] body, string type) =>
            mira.Send(HttpMethod.Put, $"/api/v1/tracks/{id}/cover", Pictures.Content(body, type));
    }

    [Fact]
    public async Task A_bad_picture_in_the_file_costs_the_cover_and_not_the_track()
    {
        var mira = await server.Register("mira");
        var id = await mira.UploadTrack(
            await OggWithCover("ogg", [0xFF, 0xD8, 0xFF, .. "#EXTM3U\nfile:///etc/passwd\n"u8])
        );
        Assert.Equal(JsonValueKind.Null, (await mira.Ready(id)).GetProperty("cover_url").ValueKind);
    }

    private static Task<string> RedPng() =>
        Sounds.Make("red.png", "-f", "lavfi", "-i", "color=red:s=400x300,format=rgb24", "-frames:v", "1");

    private static async Task<string> WithCover(string name, string coder, string picture) =>
        await Sounds.Make(
            name,
            [
                "-i",
                await Sounds.Short,
                "-i",
                picture,
                "-map",
                "0:a",
                "-map",
                "1",
                "-c:a",
                coder,
                "-c:v",
                "copy",
                "-disposition:v",
                "attached_pic",
                .. name.EndsWith(".aiff", StringComparison.Ordinal) ? new[] { "-write_id3v2", "1" } : [],
            ]
        );

    /// <summary>Ogg has no stream for it: the picture stands in a comment, as FLAC has it, in base64.</summary>
    private static async Task<string> OggWithCover(string format, byte[] picture)
    {
        byte[] block =
        [
            0,
            0,
            0,
            3,
            0,
            0,
            0,
            10,
            .. "image/jpeg"u8,
            .. new byte[20],
            0,
            0,
            (byte)(picture.Length >> 8),
            (byte)picture.Length,
        ];
        return await Sounds.Make(
            $"covered-{picture.Length}.{format}",
            "-i",
            await Sounds.Short,
            "-c:a",
            format == "opus" ? "libopus" : "libvorbis",
            "-metadata",
            $"METADATA_BLOCK_PICTURE={Convert.ToBase64String([.. block, .. picture])}"
        );
    }
}

using System.Security.Cryptography;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Uploads;

[Trait("Touches", "Objects")]
public sealed class UploadTrackTests(VezaServer server) : IClassFixture<VezaServer>
{
    [Fact]
    public async Task A_song_becomes_a_track_whatever_it_is_packed_in()
    {
        var mira = await server.Register("mira");
        foreach (
            var (path, codec) in new[]
            {
                (await Sounds.Mp3, "mp3"),
                (await Sounds.Flac, "flac"),
                (await Sounds.Wav, "pcm_s16le"),
            }
        )
        {
            var queued = (
                await mira.Upload(
                    path,
                    ("title", $"Night Bus {codec}"),
                    ("tags", "night, city,night"),
                    ("genre", "ambient"),
                    ("description", "Line 19.")
                )
            ).Is(202);
            var id = queued.Data.GetProperty("id").GetGuid();
            Assert.Equal(
                ("queued", 0, $"/api/v1/tracks/{id}"),
                (queued.Data.Text("status"), queued.Data.Number("progress"), queued.Header("Location"))
            );
            Assert.Equal(
                Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(path))),
                queued.Data.Text("sha256")
            );
            Assert.Equal(new FileInfo(path).Length, queued.Data.Number("size_bytes"));

            var track = await mira.Ready(id);
            Assert.Equal(
                (100, codec, 44100, 2),
                (
                    track.Number("progress"),
                    track.Text("codec"),
                    track.Number("sample_rate_hz"),
                    track.Number("channels")
                )
            );
            Assert.InRange(track.Number("duration_ms"), 9250, 9350);
            Assert.InRange(track.GetProperty("loudness_lufs").GetDouble(), -20, -5);
            Assert.InRange(track.GetProperty("true_peak_dbtp").GetDouble(), -20, 0);
            Assert.Equal(
                ["128k mp4a.40.2", "320k mp4a.40.2", "lossless fLaC"],
                track.GetProperty("variants").EnumerateArray().Select(v => $"{v.Text("quality")} {v.Text("codec")}")
            );
            Each.Of(
                track.GetProperty("variants").EnumerateArray(),
                v => Assert.True(v.Number("bitrate_bps") > 10_000 && v.Number("size_bytes") > 10_000)
            );
            Assert.Equal(
                (mira.Username, "ambient", "Line 19.", "public"),
                (
                    track.GetProperty("user").Text("username"),
                    track.Text("genre"),
                    track.Text("description"),
                    track.Text("visibility")
                )
            );
            Assert.Equal(["night", "city"], track.GetProperty("tags").EnumerateArray().Select(t => t.GetString()));
        }
    }

    [Fact]
    public async Task What_the_form_leaves_out_comes_from_the_files_own_tags()
    {
        var mira = await server.Register("mira");
        var track = await mira.Ready(await mira.UploadTrack(await Sounds.Short, ("genre", "techno")));
        Assert.Equal(
            ("From The File", "Tagged Artist", "techno"),
            (track.Text("title"), track.Text("artist"), track.Text("genre"))
        );
    }

    [Fact]
    public async Task Without_any_title_the_files_name_is_shown()
    {
        var mira = await server.Register("mira");
        await using var file = File.OpenRead(await Sounds.Notes("untitled.wav", Sounds.ShortS));
        var reply = await mira.Upload(file, @"C:\Music\..\Čaj u podne.wav");
        Assert.Equal("Čaj u podne", reply.Is(202).Data.Text("title"));
    }

    [Fact]
    public async Task The_waveform_has_the_shape_that_players_read()
    {
        var mira = await server.Register("mira");
        var track = await mira.Ready(await mira.UploadTrack(await Sounds.Flac));
        var reply = (await server.Visitor.Get(track.Text("waveform_url"))).Is(200);
        var waveform = reply.Json;
        Assert.Equal(
            (2, 1, 44100, 8),
            (
                waveform.Number("version"),
                waveform.Number("channels"),
                waveform.Number("sample_rate"),
                waveform.Number("bits")
            )
        );
        var length = waveform.Number("length");
        Assert.Equal(2 * length, waveform.GetProperty("data").GetArrayLength());
        Assert.InRange(length * waveform.Number("samples_per_pixel") / 44100.0, Sounds.SongS - 0.1, Sounds.SongS + 0.1);
        var pairs = waveform.GetProperty("data").EnumerateArray().Select(v => v.GetInt32()).Chunk(2).ToArray();
        Each.Of(pairs, p => Assert.InRange(p[0], -128, p[1]));
        Assert.True(pairs.Max(p => p[1]) > 20);
        (await server.Visitor.Get(track.Text("waveform_url"), ("If-None-Match", reply.Header("ETag")!))).Is(304);
    }

    [Fact]
    public async Task A_form_that_is_not_sound_is_refused_and_nothing_is_stored()
    {
        var mira = await Actor.Register(server, "picky");
        var sound = await File.ReadAllBytesAsync(await Sounds.Short);
        var before = await server.Premises.StoredObjects();
        Assert.Equal(
            ["title TOO_LONG"],
            (await mira.Upload(sound, "a.flac", ("title", new string('t', 201))))
                .Is(422, "VALIDATION_ERROR")
                .FieldErrors
        );
        Assert.Equal(
            ["visibility NOT_ALLOWED"],
            (await mira.Upload(sound, "a.flac", ("visibility", "secret"))).Is(422, "VALIDATION_ERROR").FieldErrors
        );
        Assert.Equal(
            ["tags TOO_MANY"],
            (await mira.Upload(sound, "a.flac", ("tags", string.Join(',', Enumerable.Range(0, 21)))))
                .Is(422, "VALIDATION_ERROR")
                .FieldErrors
        );
        (await mira.Upload(sound, "a.flac", ("description", new string('d', 20_000)))).Is(422, "VALIDATION_ERROR");
        (await mira.Upload(sound, "a.flac", ("title", "zero\0"))).Is(400, "CHARACTER_REFUSED");
        using var noFile = new MultipartFormDataContent { { new StringContent("alone"), "title" } };
        (await mira.Send(HttpMethod.Post, "/api/v1/tracks", noFile)).Is(422, "FILE_MISSING");
        using var two = new MultipartFormDataContent
        {
            { new ByteArrayContent(sound), "file", "a.flac" },
            { new ByteArrayContent(sound), "file", "b.flac" },
        };
        (await mira.Send(HttpMethod.Post, "/api/v1/tracks", two)).Is(400, "BAD_REQUEST");
        (await mira.Send(HttpMethod.Post, "/api/v1/tracks", new ByteArrayContent(sound))).Is(
            415,
            "UNSUPPORTED_MEDIA_TYPE"
        );
        (await mira.PostText("/api/v1/tracks", """{"title":"json"}""")).Is(415, "UNSUPPORTED_MEDIA_TYPE");
        (await mira.PostText("/api/v1/tracks", "no boundary", "multipart/form-data")).Is(400, "BAD_REQUEST");
        (await server.Visitor.Upload(sound, "a.flac")).Is(401, "UNAUTHENTICATED");
        Assert.Equal(
            0,
            await server.Database.Scalar<long>("select count(*) from track where account_id = $1", mira.Id)
        );
        await Eventually.True(
            "storage is as before",
            async () =>
                (await server.Premises.StoredObjects())
                    .Except(before)
                    .All(key => !key.EndsWith("original", StringComparison.Ordinal))
        );
    }

    [Fact]
    public async Task A_body_that_is_cut_off_leaves_nothing()
    {
        await using var lonely = await VezaServer.Start(("VEZA__ROLES", "api"));
        var mira = await lonely.Register("mira");
        using (await RawRequest.BeginUpload(mira, await File.ReadAllBytesAsync(await Sounds.Wav), bytesSent: 300_000))
            await Eventually.True(
                "the upload has begun",
                async () => await lonely.Database.Scalar<long>("select count(*) from storage_claim") == 1
            );
        await Eventually.True(
            "the claim is given up",
            async () => await lonely.Database.Scalar<long>("select count(*) from storage_claim") == 0
        );
        await lonely.Premises.NothingIsStored();
        Assert.Equal(0, await lonely.Database.Scalar<long>("select count(*) from track"));
    }

    [Fact]
    public async Task Whoever_has_too_many_tracks_waiting_waits_too()
    {
        await using var lonely = await VezaServer.Start(("VEZA__ROLES", "api"));
        var mira = await lonely.Register("mira");
        await lonely.Database.Execute(
            """
            insert into track (id, account_id, title, visibility, storage_prefix, sha256, size_bytes)
            select gen_random_uuid(), $1, 'waiting', 'private', 'tracks/none/', '', 1 from generate_series(1, 100)
            """,
            mira.Id
        );
        var reply = await mira.Upload(await Sounds.Short);
        // No job waits before theirs, so there should be room as soon as can be said.
        Assert.Equal("5", reply.Is(429, "QUEUE_FULL").Header("Retry-After"));
    }
}

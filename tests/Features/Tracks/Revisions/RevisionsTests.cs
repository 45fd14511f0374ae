using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Tracks.Revisions;

/// <summary>Another audio under the same id, and the way back.</summary>
[Trait("Touches", "Objects")]
public sealed class RevisionsTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;
    private static readonly string[] Made = ["128k.m4a", "320k.m4a", "ladder.json", "lossless.mp4"];

    private static async Task<Reply> Replace(Actor owner, Guid id, string path) =>
        await owner.Send(
            HttpMethod.Put,
            $"/api/v1/tracks/{id}/audio",
            new MultipartFormDataContent
            {
                { new ByteArrayContent(await File.ReadAllBytesAsync(path)), "file", Path.GetFileName(path) },
            }
        );

    private static async Task<string[]> Revisions(Actor owner, Guid id) =>
        [
            .. (await owner.Get($"/api/v1/tracks/{id}/revisions"))
                .Is(200)
                .Data.EnumerateArray()
                .Select(r =>
                    $"{r.Number("number")} {r.Text("status")}{(r.GetProperty("is_current").GetBoolean() ? " heard" : "")}"
                ),
        ];

    private static Task Becomes(Actor owner, Guid id, params string[] expected) =>
        Eventually.True(
            $"the revisions are {string.Join(", ", expected)}",
            async () => (await Revisions(owner, id)).SequenceEqual(expected)
        );

    private static async Task<byte[]> Heard(Actor listener, Guid id) =>
        (
            await listener.Get(
                (await listener.Stream(id))
                    .GetProperty("variants")
                    .EnumerateArray()
                    .First(v => v.Text("quality") == "lossless")
                    .Text("url")
            )
        )
            .Is(200)
            .Body;

    [Fact]
    public async Task A_track_gets_other_audio_keeps_its_id_and_goes_back_without_encoding_anew()
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var id = await mira.UploadTrack(await Sounds.Short, ("title", "Night Bus"));
        var first = await mira.Ready(id);
        (await davor.Put($"/api/v1/tracks/{id}/like")).Is(200);
        var oldUrl = (await davor.Stream(id)).GetProperty("variants")[0].Text("url");
        var oldSound = await Heard(davor, id);
        Assert.Equal(["1 ready heard"], await Revisions(mira, id));

        var queued = (await Replace(mira, id, await Sounds.Flac)).Is(202);
        Assert.Equal(
            (2, "queued", "song.flac", $"/api/v1/tracks/{id}/revisions"),
            (
                queued.Data.Number("number"),
                queued.Data.Text("status"),
                queued.Data.Text("file_name"),
                queued.Header("Location")
            )
        );
        await Becomes(mira, id, "2 ready heard", "1 ready");
        var second = (await davor.Get($"/api/v1/tracks/{id}")).Is(200).Data;
        Assert.Equal(
            ("ready", "Night Bus", 1),
            (second.Text("status"), second.Text("title"), second.Number("like_count"))
        );
        Assert.InRange(second.Number("duration_ms"), 9250, 9350);
        Assert.NotEqual(first.Text("sha256"), second.Text("sha256"));
        Assert.NotEqual(oldSound, await Heard(davor, id));
        // Who was listening hears the old one to its end.
        (await davor.Get(oldUrl)).Is(200);

        var restored = (await mira.Post($"/api/v1/tracks/{id}/revisions/1/restore")).Is(200).Data;
        Assert.Equal(
            (first.Text("sha256"), first.Number("duration_ms"), first.GetProperty("loudness_lufs").GetRawText()),
            (
                restored.Text("sha256"),
                restored.Number("duration_ms"),
                restored.GetProperty("loudness_lufs").GetRawText()
            )
        );
        Assert.Equal(oldSound, await Heard(davor, id));
        Assert.Equal(["2 ready", "1 ready heard"], await Revisions(mira, id));
        (await mira.Post($"/api/v1/tracks/{id}/revisions/1/restore")).Is(200);
        (await mira.Post($"/api/v1/tracks/{id}/revisions/2/restore")).Is(200);
        Assert.Equal(
            second.GetProperty("variants").GetRawText(),
            (await davor.Get($"/api/v1/tracks/{id}")).Data.GetProperty("variants").GetRawText()
        );
        Assert.Equal(
            2,
            await server.Database.Scalar<long>(
                "select count(*) from job where payload->>'track_id' = $1",
                id.ToString()
            )
        );

        (await mira.Delete($"/api/v1/tracks/{id}/revisions/2")).Is(409, "REVISION_IN_USE");
        (await mira.Delete($"/api/v1/tracks/{id}/revisions/1")).Is(200);
        (await mira.Delete($"/api/v1/tracks/{id}/revisions/1")).Is(404, "REVISION_NOT_FOUND");
        (await mira.Post($"/api/v1/tracks/{id}/revisions/1/restore")).Is(404, "REVISION_NOT_FOUND");
        var left = await server.Premises.StoredObjects($"tracks/{id}/");
        string[] expected =
        [
            .. Made.Select(name => $"1000001/{name}"),
            .. await server.Database.Column(
                "select '1000001/waveform-' || unnest(waveform_levels) || '.dat' from track where id = $1",
                id
            ),
            "original",
        ];
        Assert.Equal(
            expected.Order(StringComparer.Ordinal),
            left.Select(key => key[$"tracks/{id}/".Length..])
                .Select(key => key.StartsWith("audio/", StringComparison.Ordinal) ? "original" : key)
                .Order(StringComparer.Ordinal)
        );
        // Numbers are never given twice.
        Assert.Equal(3, (await Replace(mira, id, await Sounds.Short)).Is(202).Data.Number("number"));
        await Becomes(mira, id, "3 ready heard", "2 ready");
    }

    [Fact]
    public async Task A_replacement_that_is_no_sound_leaves_the_track_as_it_was_and_says_so()
    {
        var mira = await server.Register("mira");
        var id = await mira.UploadTrack(await Sounds.Short);
        var before = (await mira.Ready(id)).GetRawText();
        var sound = await File.ReadAllBytesAsync(await Sounds.Flac);
        var broken = Path.Combine(TestRun.NewFolder("broken"), "broken.flac");
        // The head of a FLAC file and noise after it.
        for (var i = 100; i < sound.Length; i++)
            sound[i] = (byte)(i * 7919 >> 3);
        await File.WriteAllBytesAsync(broken, sound);
        (await Replace(mira, id, broken)).Is(202);
        await Becomes(mira, id, "2 failed", "1 ready heard");
        var failed = (await mira.Get($"/api/v1/tracks/{id}/revisions")).Data[0];
        Assert.Equal(JsonValueKind.String, failed.GetProperty("failure").GetProperty("message").ValueKind);
        Assert.Equal(before, (await mira.Get($"/api/v1/tracks/{id}")).Data.GetRawText());
        (await mira.Post($"/api/v1/tracks/{id}/revisions/2/restore")).Is(409, "REVISION_UNUSABLE");
        await Eventually.True(
            "its file is gone",
            async () => (await server.Premises.StoredObjects($"tracks/{id}/audio/")).Length == 0
        );
        var text = new MultipartFormDataContent { { new StringContent("not a sound"), "file", "song.flac" } };
        (await mira.Send(HttpMethod.Put, $"/api/v1/tracks/{id}/audio", text)).Is(422, "FORMAT_UNSUPPORTED");
        (await mira.Delete($"/api/v1/tracks/{id}/revisions/2")).Is(200);
        Assert.Equal(["1 ready heard"], await Revisions(mira, id));
    }

    [Fact]
    public async Task One_replacement_at_a_time_and_a_deleted_one_is_cancelled()
    {
        await using var lonely = await VezaServer.Start(("VEZA__ROLES", "api"));
        var mira = await lonely.Register("mira");
        var davor = await lonely.Register("davor");
        var id = await mira.AddTrack("Waiting");
        (await davor.Send(HttpMethod.Put, $"/api/v1/tracks/{id}/audio", new MultipartFormDataContent())).Is(
            404,
            "TRACK_NOT_FOUND"
        );
        (await davor.Get($"/api/v1/tracks/{id}/revisions")).Is(404, "TRACK_NOT_FOUND");
        (await Replace(mira, id, await Sounds.Short)).Is(202);
        (await Replace(mira, id, await Sounds.Short)).Is(409, "REPLACEMENT_PENDING");
        Assert.Equal(["2 queued", "1 ready heard"], await Revisions(mira, id));
        (await davor.Delete($"/api/v1/tracks/{id}/revisions/2")).Is(404, "TRACK_NOT_FOUND");
        (await mira.Delete($"/api/v1/tracks/{id}/revisions/2")).Is(200);
        await lonely.Premises.NothingIsStored($"tracks/{id}/");
        (await Replace(mira, id, await Sounds.Short)).Is(202);
        Assert.Equal(["3 queued", "1 ready heard"], await Revisions(mira, id));

        var queued = await mira.UploadTrack(await Sounds.Short);
        (await Replace(mira, queued, await Sounds.Short)).Is(409, "TRACK_NOT_READY");
    }

    [Fact]
    public async Task The_oldest_revision_makes_room_and_its_objects_go()
    {
        var mira = await server.Register("mira");
        var id = await mira.UploadTrack(await Sounds.Short);
        await mira.Ready(id);
        await server.Database.Execute(
            """
            insert into track_revision (track_id, number, state, original_name, file_name, sha256, size_bytes, revision,
              audio_since)
            select $1, n, 'kept', 'audio/x' || n || '/original', 'old.wav', '', 1, n * 1000000 + 1,
              now() - interval '1 day' + n * interval '1 minute' from generate_series(2, 11) n
            """,
            id
        );
        await server.Database.Execute("update track set audio_last = 11 where id = $1", id);
        (await Replace(mira, id, await Sounds.Short)).Is(202);
        await Becomes(
            mira,
            id,
            ["12 ready heard", .. Enumerable.Range(3, 9).Reverse().Select(n => $"{n} ready"), "1 ready"]
        );
        await Eventually.True(
            "what it left in storage is swept",
            async () =>
                await server.Database.Scalar<long>(
                    "select count(*) from storage_claim where prefix like $1",
                    $"tracks/{id}/%"
                ) == 0
        );
    }

    [Fact]
    public async Task A_track_whose_first_file_failed_can_be_given_another()
    {
        var mira = await server.Register("mira");
        var sound = await File.ReadAllBytesAsync(await Sounds.Flac);
        for (var i = 100; i < sound.Length; i++)
            sound[i] = (byte)(i * 7919 >> 3);
        var id = (await mira.Upload(sound, "broken.flac", ("title", "Second try")))
            .Is(202)
            .Data.GetProperty("id")
            .GetGuid();
        Assert.Equal("failed", (await mira.Processed(id)).Text("status"));
        (await Replace(mira, id, await Sounds.Short)).Is(202);
        await Becomes(mira, id, "2 ready heard", "1 failed");
        Assert.Equal(
            ("ready", JsonValueKind.Null),
            (
                (await mira.Get($"/api/v1/tracks/{id}")).Data.Text("status"),
                (await mira.Get($"/api/v1/tracks/{id}")).Data.GetProperty("failure").ValueKind
            )
        );
    }
}

using Veza.Tests.Harness;

namespace Veza.Tests.Features.Tracks.Processing;

/// <summary>
/// kill -9 at the worst moment: what was acknowledged is there afterwards, nothing is there twice, and nothing is left
/// behind.
/// </summary>
[Trait("Touches", "Objects")]
public sealed class CrashTests
{
    [Fact]
    public async Task A_server_killed_in_the_middle_of_an_upload_leaves_nothing()
    {
        await using var server = await VezaServer.Start();
        var mira = await server.Register("mira");
        var acknowledged = await mira.UploadTrack(await Sounds.Short);
        await mira.Ready(acknowledged);

        using var upload = await RawRequest.BeginUpload(
            mira,
            await File.ReadAllBytesAsync(await Sounds.Wav),
            bytesSent: 1_000_000
        );
        await Eventually.True(
            "the upload has begun",
            async () => await server.Database.Scalar<long>("select count(*) from storage_claim") == 1
        );
        await server.Kill();

        Assert.Equal(1, await server.Database.Scalar<long>("select count(*) from storage_claim"));
        await server.Database.Execute("update storage_claim set claimed_until = now()");
        await server.Restart();
        await Eventually.True(
            "the orphan is swept",
            async () => await server.Database.Scalar<long>("select count(*) from storage_claim") == 0
        );
        Assert.Equal(1, await server.Database.Scalar<long>("select count(*) from track"));
        Each.Of(
            await server.Premises.StoredObjects(),
            key => Assert.StartsWith($"tracks/{acknowledged}/", key, StringComparison.Ordinal)
        );
        (await mira.Get($"/api/v1/tracks/{acknowledged}")).Is(200);
    }

    [Fact]
    public async Task A_server_killed_between_a_cover_and_its_commit_leaves_nothing_of_it()
    {
        await using var server = await VezaServer.Start();
        var mira = await server.Register("mira");
        var id = await mira.UploadTrack(await Sounds.Short);
        await mira.Ready(id);
        var before = await server.Premises.StoredObjects();
        // The row is held, so the cover's files are written and its transaction waits.
        await using (var db = await server.Database.Source.OpenConnectionAsync(TestContext.Current.CancellationToken))
        await using (var holding = await db.BeginTransactionAsync(TestContext.Current.CancellationToken))
        {
            await using var hold = new Npgsql.NpgsqlCommand("select 1 from track for update", db, holding);
            await hold.ExecuteScalarAsync(TestContext.Current.CancellationToken);
            var cut = mira.Send(
                HttpMethod.Put,
                $"/api/v1/tracks/{id}/cover",
                Pictures.Content(await Pictures.Quarters("png"))
            );
            await Eventually.True(
                "its files are there",
                async () => (await server.Premises.StoredObjects()).Length == before.Length + 4
            );
            await server.Kill();
            await Assert.ThrowsAnyAsync<Exception>(() => cut);
        }

        await server.Database.Execute("update storage_claim set claimed_until = now()");
        await server.Restart();
        await Eventually.True(
            "they are swept",
            async () => await server.Database.Scalar<long>("select count(*) from storage_claim") == 0
        );
        Assert.Equal(before, await server.Premises.StoredObjects());
        Assert.Equal(
            System.Text.Json.JsonValueKind.Null,
            (await mira.Get($"/api/v1/tracks/{id}")).Is(200).Data.GetProperty("cover_url").ValueKind
        );
    }

    [Fact]
    public async Task A_worker_killed_in_the_middle_of_a_transcode_makes_the_track_once()
    {
        await using var server = await VezaServer.Start();
        var mira = await server.Register("mira");
        var id = await mira.UploadTrack(await Sounds.Minutes);
        await Eventually.True(
            "the track is half made",
            async () => (await mira.Get($"/api/v1/tracks/{id}/status")).Is(200).Data.Number("progress") > 0
        );
        await server.Kill();
        Assert.Equal("running", await server.Database.Scalar<string>("select state from job"));

        // As if the lease's half minute had passed.
        await server.Database.Execute("update job set lease_until = now()");
        await server.Restart();
        await mira.Ready(id);
        Assert.Equal(
            (2, "done"),
            (
                await server.Database.Scalar<int>("select attempts from job"),
                await server.Database.Scalar<string>("select state from job")
            )
        );
        var revision = await server.Database.Scalar<long>("select revision from track");
        var waveforms = await server.Database.Column(
            "select 'waveform-' || unnest(waveform_levels) || '.dat' from track where id = $1",
            id
        );
        string[] expected =
        [
            .. new[] { "128k.m4a", "320k.m4a", "ladder.json", "lossless.mp4" }
                .Concat(waveforms)
                .Select(name => $"tracks/{id}/{revision}/{name}"),
            $"tracks/{id}/original",
        ];
        Assert.Equal(
            expected.Order(StringComparer.Ordinal),
            (await server.Premises.StoredObjects()).Order(StringComparer.Ordinal)
        );
        Assert.Equal(0, await server.Database.Scalar<long>("select count(*) from storage_claim"));
        // The dead worker's files in work are gone as well.
        await Eventually.True(
            "the scratch folder is empty",
            () =>
                Task.FromResult(
                    Directory
                        .EnumerateFiles(
                            server.Premises.Variables["VEZA__WORKER__SCRATCH"]!,
                            "*",
                            SearchOption.AllDirectories
                        )
                        .FirstOrDefault()
                        is null
                )
        );
    }

    [Fact]
    public async Task A_worker_killed_while_it_replaces_audio_replaces_it_once_and_the_old_one_plays_meanwhile()
    {
        await using var server = await VezaServer.Start();
        var mira = await server.Register("mira");
        var id = await mira.UploadTrack(await Sounds.Short);
        await mira.Ready(id);
        var minutes = new MultipartFormDataContent
        {
            { new ByteArrayContent(await File.ReadAllBytesAsync(await Sounds.Minutes)), "file", "minutes.mp3" },
        };
        (await mira.Send(HttpMethod.Put, $"/api/v1/tracks/{id}/audio", minutes)).Is(202);
        await Eventually.True(
            "the new audio is being made",
            async () => await server.Database.Scalar<string>("select state from track_revision") == "processing"
        );
        await server.Kill();
        Assert.Equal(
            ("ready", 1),
            (
                await server.Database.Scalar<string>("select status from track"),
                await server.Database.Scalar<int>("select audio_number from track")
            )
        );

        await server.Database.Execute("update job set lease_until = now() where state = 'running'");
        await server.Database.Execute("update storage_claim set claimed_until = now()");
        await server.Restart();
        (await mira.Get((await mira.Stream(id)).Text("hls_url"))).Is(200);
        await Eventually.True(
            "the new audio is heard",
            async () => await server.Database.Scalar<int>("select audio_number from track") == 2
        );
        await Eventually.True(
            "the dead worker's objects are swept",
            async () => await server.Database.Scalar<long>("select count(*) from storage_claim") == 0
        );
        var folders = (await server.Premises.StoredObjects())
            .Select(key => key.Split('/')[2])
            .Distinct()
            .Order(StringComparer.Ordinal);
        Assert.Equal(["1", "1000002", "audio", "original"], folders);
    }

    [Fact]
    public async Task A_worker_that_is_told_to_stop_puts_its_job_back()
    {
        await using var server = await VezaServer.Start();
        var mira = await server.Register("mira");
        var id = await mira.UploadTrack(await Sounds.Minutes);
        await mira.Processed(id, "processing");
        var exitCode = await server.Stop();
        Assert.True(exitCode == 0, $"It ended with {exitCode}. {server.LogTail()}");
        Assert.Equal(
            ("queued", 0),
            (
                await server.Database.Scalar<string>("select state from job"),
                await server.Database.Scalar<int>("select attempts from job")
            )
        );
    }
}

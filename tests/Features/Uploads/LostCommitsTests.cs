using System.Security.Cryptography;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.ObjectStorage;
using Veza.Tests.Features.Chat.Messages;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Uploads;

/// <summary>
/// Backends that end as they commit, and answers to commits that never come: whatever was asked for is there whole or
/// not at all, and storage and tables are equal. VEZA_TEST_LOST_COMMITS says how often; a few times go into every run.
/// </summary>
[Trait("Touches", "Objects")]
public sealed class LostCommitsTests : IAsyncLifetime
{
    private const int TracksMax = 5,
        RowsMax = 8,
        AnswersMax = 3;
    private readonly Random random = new(
        int.TryParse(Environment.GetEnvironmentVariable("VEZA_TEST_SEED"), out var seed) ? seed : 20
    );
    private readonly Dictionary<string, byte[]> attached = [];
    private TestEnvironment premises = null!;
    private LostCommits commits = null!;
    private VezaServer server = null!;
    private Talk talk = null!;
    private byte[] song = null!,
        picture = null!;
    private int count;

    private static int Rounds =>
        int.TryParse(Environment.GetEnvironmentVariable("VEZA_TEST_LOST_COMMITS"), out var times) ? times : 12;

    private Actor Mira => talk.Owner;

    private TestDatabase Database => premises.Database;

    public async ValueTask InitializeAsync()
    {
        premises = await TestEnvironment.Create();
        commits = await LostCommits.Of(premises.Database);
        server = await VezaServer.Start(
            premises,
            ("VEZA__POSTGRES", commits.ConnectionString),
            ("VEZA__LIMITS__ROOM__PER_SUBJECT", "0")
        );
        talk = await Talk.Begin(server, "public", "mira");
        song = await File.ReadAllBytesAsync(await Sounds.Notes("second.flac", 1));
        picture = await Pictures.Quarters("png");
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        await commits.DisposeAsync();
        await premises.DisposeAsync();
    }

    [Fact]
    public async Task Whatever_becomes_of_a_commit_storage_and_tables_are_equal()
    {
        (string Name, Func<Task<int>> Act)[] acts =
        [
            ("upload", Upload),
            ("avatar", SetAvatar),
            ("attach", Attach),
            ("tus", UploadByTus),
            ("cover", SetCover),
            ("replace", Replace),
            ("transcode", Transcode),
            ("parts", UploadInParts),
            ("delete message", DeleteMessage),
            ("remove cover", RemoveCover),
            ("remove avatar", RemoveAvatar),
            ("delete track", DeleteTrack),
        ];
        var met = new Dictionary<string, int>();
        for (var round = 0; round < Rounds; round++)
        {
            var (name, act) = acts[round % acts.Length];
            await Arm();
            var status = await act();
            await commits.Spare();
            Assert.True(status is >= 200 and < 300 or 503, $"{name} was answered {status}.\n{server.LogTail()}");
            met[$"{name} {(status == 503 ? "unknown" : "done")}"] =
                met.GetValueOrDefault($"{name} {(status == 503 ? "unknown" : "done")}") + 1;
            if (await Database.Scalar<long>("select count(*) from track") > TracksMax)
                (await Mira.Delete($"/api/v1/tracks/{await AnyTrack()}")).Is(200);
            if (round % 20 == 19)
                await AreEqual();
        }

        await AreEqual();
        TestContext.Current.SendDiagnosticMessage(
            $"{Rounds} rounds, {commits.Lost} answers lost: {string.Join(", ", met.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => $"{m.Key} {m.Value}"))}"
        );
    }

    private async Task<int> Upload() => (await Mira.Upload(song, "song.flac", ("visibility", "private"))).Status;

    private async Task<int> SetAvatar() =>
        (await Mira.Send(HttpMethod.Put, "/api/v1/users/me/avatar", Pictures.Content(picture))).Status;

    private async Task<int> RemoveAvatar() => (await Mira.Delete("/api/v1/users/me/avatar")).Status;

    private async Task<int> SetCover() =>
        (
            await Mira.Send(HttpMethod.Put, $"/api/v1/tracks/{await ArmedTrack()}/cover", Pictures.Content(picture))
        ).Status;

    private async Task<int> RemoveCover() => (await Mira.Delete($"/api/v1/tracks/{await ArmedTrack()}/cover")).Status;

    private async Task<int> DeleteTrack() => (await Mira.Delete($"/api/v1/tracks/{await ArmedTrack()}")).Status;

    private async Task<int> Attach()
    {
        var name = $"file-{count++}.bin";
        attached[name] = RandomNumberGenerator.GetBytes(1000);
        return (await AttachmentsTests.Upload(Mira, talk.Room, name, attached[name])).Status;
    }

    private async Task<int> DeleteMessage()
    {
        var said = (
            await talk.Post(
                Mira,
                "with files",
                null,
                [
                    .. (
                        await Database.Column("select id::text from attachment where message_id is null limit 5")
                    ).Select(Guid.Parse),
                ]
            )
        ).Status;
        return said != 201
            ? said
            : (
                await Mira.Delete(
                    $"/api/v1/chat/messages/{await Database.Scalar<Guid>("select id from message order by seq desc limit 1")}"
                )
            ).Status;
    }

    private async Task<int> Replace()
    {
        var form = new MultipartFormDataContent { { new ByteArrayContent(song), "file", "again.flac" } };
        return (await Mira.Send(HttpMethod.Put, $"/api/v1/tracks/{await ArmedTrack()}/audio", form)).Status;
    }

    /// <summary>A track whose audio is made while it is not sure how the commits of its worker end.</summary>
    private async Task<int> Transcode()
    {
        var status = (await Mira.Upload(song, "song.flac", ("visibility", "private"))).Status;
        await AllIsWorked();
        return status;
    }

    /// <summary>As a client does it: it asks where the upload stands, and goes on from there.</summary>
    private async Task<int> UploadByTus()
    {
        var created = await TusUpload.TryCreate(
            Mira,
            song.Length,
            null,
            ("filename", "tus.flac"),
            ("visibility", "private")
        );
        if (created.Status != 201)
            return created.Status;
        var upload = new TusUpload(Mira, created.Header("Location")!);
        var (half, last) = ((await upload.Patch(0, song.AsMemory(0, song.Length / 2))).Status, 503);
        if (half == 204)
            last = (await upload.Patch(song.Length / 2, song.AsMemory(song.Length / 2))).Status;
        await commits.Spare();
        await Database.Execute("update upload set held_until = to_timestamp(0)");
        var head = (await upload.Head()).Is(200);
        var track = head.Header("Veza-Track-Id") is { } made ? Guid.Parse(made) : await upload.Finish(song);
        Assert.Equal(
            1,
            await Database.Scalar<long>(
                "select count(*) from track where id = $1 and sha256 = $2",
                track,
                SHA256.HashData(song)
            )
        );
        // The hold of a request that did not come to its end may still be in force: the client is told to wait.
        return last is 423 ? 503 : last;
    }

    private async Task<int> UploadInParts()
    {
        var cut = song.Length / 3;
        await commits.Spare();
        var parts = new List<TusUpload>();
        foreach (var part in new[] { song[..cut], song[cut..] })
        {
            parts.Add(
                new TusUpload(
                    Mira,
                    (await TusUpload.TryCreate(Mira, part.Length, "partial")).Is(201).Header("Location")!
                )
            );
            (await parts[^1].Patch(0, part)).Is(204);
        }

        commits.LoseAnswer(random.Next(1, AnswersMax + 1));
        var joined = await TusUpload.TryCreate(
            Mira,
            0,
            $"final;{parts[0].Url} {parts[1].Url}",
            ("visibility", "private")
        );
        await AllIsWorked();
        return joined.Status;
    }

    /// <summary>One that is ready, with its worker done.</summary>
    private async Task<Guid> AnyTrack()
    {
        await commits.Spare();
        await AllIsWorked();
        if (await Database.Scalar<long>("select count(*) from track where status = 'ready'") == 0)
        {
            (await Mira.Upload(song, "song.flac", ("visibility", "private"))).Is(202);
            await AllIsWorked();
        }

        var ready = (await Database.Column("select id::text from track where status = 'ready' order by id"))
            .Select(Guid.Parse)
            .ToArray();
        return ready[random.Next(ready.Length)];
    }

    /// <summary>One of the next commits is lost, of either kind.</summary>
    private async Task Arm()
    {
        if (random.Next(2) == 0)
            commits.LoseAnswer(random.Next(1, AnswersMax + 1));
        else
            await commits.EndBackend(random.Next(1, RowsMax + 1));
    }

    private async Task<Guid> ArmedTrack()
    {
        var track = await AnyTrack();
        await Arm();
        return track;
    }

    /// <summary>Tries that come again do so at once.</summary>
    private Task AllIsWorked() =>
        Eventually.True(
            $"no job waits. {server.LogTail()}",
            async () =>
            {
                await Database.Execute(
                    """
                    update job set run_at = now() where state = 'queued' and run_at > now()
                      and kind in ('transcode_track', 'join_upload_parts')
                    """
                );
                await Database.Execute("select pg_notify('veza_job', 'transcode_track')");
                return await Database.Scalar<long>(
                        """
                        select count(*) from job where state in ('queued', 'running')
                          and kind in ('transcode_track', 'join_upload_parts')
                        """
                    ) == 0;
            }
        );

    private async Task AreEqual()
    {
        await commits.Spare();
        await AllIsWorked();
        Assert.Equal(0, await Database.Scalar<long>("select count(*) from job where state = 'dead'"));
        Assert.Equal(0, await Database.Scalar<long>("select count(*) from track where status <> 'ready'"));
        // As if everything had passed for which the dead hold what they hold.
        await Database.Execute("update upload set held_until = to_timestamp(0), expires_at = now()");
        await Database.Execute("update storage_claim set claimed_until = now()");
        await premises.KeepHouse();
        var expected = await Named();
        string[] stored =
        [
            .. await premises.StoredObjects(),
            .. await premises.StoredObjects("avatars/"),
            .. await premises.StoredObjects("attachments/"),
            .. await premises.StoredObjects("uploads/"),
        ];
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), stored.Order(StringComparer.Ordinal));
        Assert.NotEmpty(expected);
        var store = Stores.Open(premises.Settings().Storage);
        foreach (var (key, sha256) in expected)
        {
            var facts = (await store.Find(key, CancellationToken.None))!;
            Assert.True(facts.SizeBytes > 0, $"{key} is empty.");
            if (sha256.Length > 0)
                Assert.Equal(sha256, Convert.ToHexStringLower(await premises.StoredSha256(key, facts.SizeBytes)));
        }

        Assert.Equal(
            (0L, 0L),
            (
                await Database.Scalar<long>("select count(*) from storage_claim"),
                await Database.Scalar<long>("select coalesce(sum(reserved_bytes), 0)::bigint from storage_use")
            )
        );
        Assert.Equal(
            await Database.Scalar<long>("select coalesce(sum(size_bytes), 0)::bigint from track"),
            await Database.Scalar<long>("select coalesce(sum(used_bytes), 0)::bigint from storage_use")
                - await Database.Scalar<long>("select coalesce(sum(size_bytes), 0)::bigint from track_revision")
        );
        Assert.Equal(
            await Database.Scalar<long>("select coalesce(sum(size_bytes), 0)::bigint from attachment"),
            await Database.Scalar<long>("select coalesce(sum(used_bytes), 0)::bigint from attachment_use")
        );
    }

    /// <summary>The objects that rows name, with the SHA-256 where it is known.</summary>
    private async Task<Dictionary<string, string>> Named()
    {
        var named = new Dictionary<string, string>();
        foreach (
            var line in await Database.Column(
                """
                select storage_prefix || original_name || ' ' || encode(sha256, 'hex') from track
                union all select t.storage_prefix || r.original_name || ' ' || encode(r.sha256, 'hex')
                  from track_revision r
                  join track t on t.id = r.track_id
                union all select a.prefix || a.revision || '/' || name || ' '
                  from (select storage_prefix as prefix, revision, waveform_levels from track
                        union all select t.storage_prefix, r.revision, r.waveform_levels from track_revision r
                          join track t on t.id = r.track_id) a,
                       lateral (select unnest(array['128k.m4a', '320k.m4a', 'lossless.mp4', 'ladder.json']) as name
                         union all select 'waveform-' || unnest(a.waveform_levels) || '.dat') files
                union all select 'tracks/' || id || '/covers/' || replace(cover_id::text, '-',
                  '') || '/' || px || '.jpg '
                  from track, unnest(array[1200, 600, 300, 96]) px where cover_id is not null
                union all select 'avatars/' || id || '/' || replace(avatar_id::text, '-', '') || '/' || px || '.jpg '
                  from account, unnest(array[512, 256, 64]) px where avatar_id is not null
                """
            )
        )
            named[line[..line.IndexOf(' ', StringComparison.Ordinal)]] = line[
                (line.IndexOf(' ', StringComparison.Ordinal) + 1)..
            ];
        foreach (
            var line in await Database.Column(
                "select 'attachments/' || room_id || '/' || id || '/file ' || name from attachment"
            )
        )
            named[line.Split(' ')[0]] = Convert.ToHexStringLower(SHA256.HashData(attached[line.Split(' ')[1]]));
        return named;
    }
}

using System.Globalization;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Uploads;

/// <summary>Where no worker is, and uploads wait ten seconds at most.</summary>
[Trait("Touches", "Objects")]
public sealed class UploadQueueTests : IAsyncLifetime
{
    private VezaServer server = null!;

    public async ValueTask InitializeAsync() =>
        server = await VezaServer.Start(("VEZA__ROLES", "api"), ("VEZA__WORKER__QUEUE_WAIT_MAX_S", "10"));

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task Uploads_are_refused_while_the_wait_is_too_long_and_the_time_named_never_moves_later()
    {
        var mira = await Actor.Register(server, "mira");
        var id = await mira.UploadTrack(await Sounds.Short);
        Assert.True(await server.Database.Scalar<long>("select work_ms from job where subject_id = $1", id) > 0);
        await server.Database.Execute(
            """
            insert into job_lane (kind, owner_id, queued, queued_work_ms, due_at)
              values ('transcode_track', gen_random_uuid(), 1, 60000, now())
            """
        );
        var first = await UntilRefused(mira);
        // However many were taken before the load was looked at again: no longer than all that waits is thought to
        // take.
        Assert.InRange(
            RetryAfterS(first),
            45,
            await server.Database.Scalar<int>(
                "select ceil(sum(queued_work_ms) / 1000)::int from job_lane where kind = 'transcode_track'"
            )
        );
        await server.Database.Execute("update job_lane set queued_work_ms = 10 * queued_work_ms");
        for (var i = 0; i < 3; i++)
            Assert.True(
                RetryAfterS((await mira.Upload(await Sounds.Short)).Is(429, "PROCESSING_BUSY")) <= RetryAfterS(first)
            );

        // What was done, and how long it took, tells how long the rest will take: here a hundredth of what was thought.
        await server.Database.Execute(
            """
            update job set state = 'done', started_at = now() - interval '1 millisecond' * work_ms / 100,
              finished_at = now()
            """
        );
        await Eventually.True(
            "uploads are taken again",
            async () => (await mira.Upload(await Sounds.Short)).Status == 202
        );
    }

    [Fact]
    public async Task A_hundred_waiting_tracks_of_one_account_are_all_it_may_have()
    {
        var mira = await Actor.Register(server, "mira");
        await server.Database.Execute(
            """
            insert into track (id, account_id, title, visibility, status, storage_prefix, sha256, size_bytes)
            select gen_random_uuid(), $1, 'Waits', 'private', 'queued', 'none/' || n, '', 1
              from generate_series(1, 100) n
            """,
            mira.Id
        );
        var first = RetryAfterS((await mira.Upload(await Sounds.Short)).Is(429, "QUEUE_FULL"));
        Assert.True(RetryAfterS((await mira.Upload(await Sounds.Short)).Is(429, "QUEUE_FULL")) <= first);
        (await (await Actor.Register(server, "davor")).Upload(await Sounds.Short)).Is(202);
        await server.Database.Execute(
            "update track set status = 'ready' where account_id = $1 and storage_prefix = 'none/1'",
            mira.Id
        );
        (await mira.Upload(await Sounds.Short)).Is(202);
    }

    private static async Task<Reply> UntilRefused(Actor actor)
    {
        Reply? reply = null;
        await Eventually.True(
            "uploads are refused",
            async () => (reply = await actor.Upload(await Sounds.Short)).Status == 429
        );
        return reply!.Is(429, "PROCESSING_BUSY");
    }

    private static int RetryAfterS(Reply reply) =>
        int.Parse(reply.Header("Retry-After")!, CultureInfo.InvariantCulture);
}

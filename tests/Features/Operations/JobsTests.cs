using Veza.Tests.Harness;

namespace Veza.Tests.Features.Operations;

/// <summary>Operators and jobs, where no worker is.</summary>
public sealed class JobsTests : IAsyncLifetime
{
    private VezaServer server = null!;

    public async ValueTask InitializeAsync() => server = await VezaServer.Start(("VEZA__ROLES", "api"));

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task An_admin_sees_queues_and_jobs_ends_one_and_lets_it_live_again()
    {
        var mira = await Actor.Register(server, "mira");
        await server.Database.Execute("update account set roles = '{user,admin}' where id = $1", mira.Id);
        var admin = await mira.SignIn();
        var track = await admin.UploadTrack(await Sounds.Short);
        var queue = (await admin.Get("/api/v1/admin/jobs/queues"))
            .Is(200)
            .Data.EnumerateArray()
            .Single(q => q.Text("kind") == "transcode_track");
        Assert.Equal(
            (1, 0, 0, 1, 0),
            (
                queue.Number("queued"),
                queue.Number("queued_apart"),
                queue.Number("running"),
                queue.Number("owners"),
                queue.Number("done_in_ten_minutes")
            )
        );
        Assert.Equal(queue.Number("queued_work_ms"), queue.Number("wait_ms"));
        var job = (await admin.Get("/api/v1/admin/jobs?state=queued")).Is(200).Data.EnumerateArray().Single();
        var id = job.GetProperty("id").GetGuid();
        Assert.Equal(("transcode_track", "queued", 0), (job.Text("kind"), job.Text("state"), job.Number("attempts")));

        (await admin.Post($"/api/v1/admin/jobs/{id}/retry")).Is(404, "JOB_NOT_FOUND");
        (await admin.Delete($"/api/v1/admin/jobs/{id}")).Is(200);
        await using (await VezaServer.Start(server.Premises, ("VEZA__ROLES", "worker")))
        {
            Assert.Equal("PROCESSING_FAILED", (await admin.Processed(track)).GetProperty("failure").Text("code"));
            Assert.Equal(
                "An operator cancelled it.",
                (await admin.Get("/api/v1/admin/jobs")).Is(200).Data.EnumerateArray().Single().Text("last_error")
            );
            (await admin.Delete($"/api/v1/admin/jobs/{id}")).Is(404, "JOB_NOT_FOUND");
            (await admin.Post($"/api/v1/admin/jobs/{id}/retry")).Is(200);
            await admin.Processed(track, "ready");
        }

        Assert.Equal(
            ["state NOT_ALLOWED"],
            (await admin.Get("/api/v1/admin/jobs?state=lost")).Is(422, "VALIDATION_ERROR").FieldErrors
        );
    }
}

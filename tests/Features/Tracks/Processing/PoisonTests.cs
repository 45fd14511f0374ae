using System.Diagnostics;
using System.Globalization;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Tracks.Processing;

/// <summary>Workers that die over a file, and one that comes back from the dead.</summary>
[Trait("Touches", "Objects")]
public sealed class PoisonTests : IAsyncLifetime
{
    private VezaServer api = null!;

    public async ValueTask InitializeAsync() => api = await VezaServer.Start(("VEZA__ROLES", "api"));

    public ValueTask DisposeAsync() => api.DisposeAsync();

    [Fact]
    public async Task A_file_that_kills_its_worker_each_time_is_given_up_and_the_others_are_made()
    {
        var (mira, davor) = (await Actor.Register(api, "mira"), await Actor.Register(api, "davor"));
        var poison = await mira.UploadTrack(await Sounds.Minutes);
        List<Guid> others = [];
        await using var worker = await VezaServer.Start(api.Premises, ("VEZA__ROLES", "worker"));
        for (var tries = 1; tries <= 5; tries++)
        {
            if (tries > 1)
                await worker.Restart();
            others.Add(await davor.UploadTrack(await Sounds.Short));
            await Eventually.True(
                $"it is tried for the {tries}. time",
                async () =>
                    await api.Database.Scalar<bool>(
                        "select state = 'running' and attempts = $2 from job where subject_id = $1",
                        poison,
                        tries
                    )
            );
            await worker.Kill();
            await LeasesRunOut();
        }

        await worker.Restart();
        var given = await mira.Processed(poison);
        Assert.Equal(
            ("failed", "PROCESSING_FAILED"),
            (given.Text("status"), given.GetProperty("failure").Text("code"))
        );
        Assert.Equal(
            "dead 6 5 Its workers were lost each time.",
            await api.Database.Scalar<string>(
                "select state || ' ' || attempts || ' ' || losses || ' ' || last_error from job where subject_id = $1",
                poison
            )
        );
        foreach (var other in others)
            await davor.Ready(other);
        // Whoever was beside it when it happened was so once at most.
        Assert.Equal(
            0,
            await api.Database.Scalar<long>("select count(*) from job where losses > 1 and subject_id <> $1", poison)
        );
    }

    [Fact]
    public async Task A_worker_that_was_stopped_past_its_lease_changes_nothing_when_it_comes_back()
    {
        var mira = await Actor.Register(api, "mira");
        await using var stopped = await VezaServer.Start(api.Premises, ("VEZA__ROLES", "worker"));
        var id = await mira.UploadTrack(await Sounds.Minutes);
        await Eventually.True(
            "it is at work",
            async () => (await mira.Get($"/api/v1/tracks/{id}/status")).Is(200).Data.Number("progress") > 0
        );
        await Signal(stopped, "STOP");
        await LeasesRunOut();
        await using var other = await VezaServer.Start(api.Premises, ("VEZA__ROLES", "worker"));
        await mira.Ready(id);
        var before = await api.Premises.StoredObjects();
        var revision = await api.Database.Scalar<long>("select revision from track");
        await Signal(stopped, "CONT");
        await Eventually.True(
            "it sees that the job is another's",
            () => Task.FromResult(stopped.Log.Contains("is left", StringComparison.Ordinal))
        );
        Assert.Equal(
            (revision, "done", 2),
            (
                await api.Database.Scalar<long>("select revision from track"),
                await api.Database.Scalar<string>("select state from job"),
                await api.Database.Scalar<int>("select attempts from job")
            )
        );
        Assert.Equal(0, await stopped.Stop());
        Assert.Equal(before, await api.Premises.StoredObjects());
    }

    private Task LeasesRunOut() =>
        api.Database.Execute("update job set lease_until = now() - interval '1 second' where state = 'running'");

    private static Task Signal(VezaServer node, string name) =>
        VezaProgram.Run(
            new ProcessStartInfo("kill", [$"-{name}", node.ProcessId.ToString(CultureInfo.InvariantCulture)])
        );
}

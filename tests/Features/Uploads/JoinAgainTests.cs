using System.Security.Cryptography;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Uploads;

/// <summary>
/// Parts that were acknowledged, and whose joining was given up: they are all that there is of their track.
/// </summary>
[Trait("Touches", "Objects")]
public sealed class JoinAgainTests : IAsyncLifetime
{
    private TestEnvironment premises = null!;
    private VezaServer api = null!,
        worker = null!;

    public async ValueTask InitializeAsync()
    {
        premises = await TestEnvironment.Create();
        api = await VezaServer.Start(premises, ("VEZA__ROLES", "api"));
    }

    public async ValueTask DisposeAsync()
    {
        if (worker is not null)
            await worker.DisposeAsync();
        await api.DisposeAsync();
        await premises.DisposeAsync();
    }

    [Fact]
    public async Task Joining_that_was_given_up_makes_the_track_when_an_operator_has_it_tried_again()
    {
        var mira = await Actor.Register(api, "mira");
        var (song, id, job) = await JoinedAndBuried(mira);
        Assert.Equal(
            "PROCESSING_FAILED",
            (await mira.Get($"/api/v1/tracks/{id}")).Is(200).Data.GetProperty("failure").Text("code")
        );

        (await VezaProgram.Run(["jobs", "retry", job], premises.Variables)).Succeeds();
        await IsDone(job);
        var track = await mira.Ready(id);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(song)), track.Text("sha256"));
        Assert.Equal(System.Text.Json.JsonValueKind.Null, track.GetProperty("failure").ValueKind);
    }

    [Fact]
    public async Task Who_ended_the_processing_does_not_get_the_track_back_by_that()
    {
        var mira = await Actor.Register(api, "mira");
        var (_, id, job) = await JoinedAndBuried(
            mira,
            beforehand: async track => (await mira.Delete($"/api/v1/tracks/{track}/processing")).Is(200)
        );
        Assert.Equal(
            "PROCESSING_CANCELLED",
            (await mira.Get($"/api/v1/tracks/{id}")).Is(200).Data.GetProperty("failure").Text("code")
        );

        (await VezaProgram.Run(["jobs", "retry", job], premises.Variables)).Succeeds();
        await IsDone(job);
        Assert.Equal(
            "PROCESSING_CANCELLED",
            (await mira.Get($"/api/v1/tracks/{id}")).Is(200).Data.GetProperty("failure").Text("code")
        );
        await premises.NothingIsStored();
        await premises.NothingIsStored("uploads/");
    }

    private Task IsDone(string job) =>
        Eventually.True(
            "the parts are joined, or gone",
            async () =>
                await premises.Database.Scalar<string>("select state from job where id = $1", Guid.Parse(job)) == "done"
        );

    /// <summary>The file, its track, and the job that was to join its parts and is dead.</summary>
    private async Task<(byte[] Song, Guid Id, string Job)> JoinedAndBuried(
        Actor mira,
        Func<Guid, Task>? beforehand = null
    )
    {
        var song = await File.ReadAllBytesAsync(await Sounds.Notes("second.flac", 1));
        var parts = new List<TusUpload>();
        foreach (var part in new[] { song.AsMemory(0, song.Length / 2), song.AsMemory(song.Length / 2) })
        {
            parts.Add(
                new TusUpload(
                    mira,
                    (await TusUpload.TryCreate(mira, part.Length, "partial")).Is(201).Header("Location")!
                )
            );
            (await parts[^1].Patch(0, part)).Is(204);
        }

        var joined = (await TusUpload.TryCreate(mira, 0, $"final;{parts[0].Url} {parts[1].Url}")).Is(201);
        var id = Guid.Parse(joined.Header("Veza-Track-Id")!);
        var job = (await premises.Database.Scalar<Guid>("select id from job where subject_id = $1", id)).ToString();
        if (beforehand is not null)
            await beforehand(id);
        (await VezaProgram.Run(["jobs", "cancel", job], premises.Variables)).Succeeds();
        worker = await VezaServer.Start(premises, ("VEZA__ROLES", "worker"));
        await Eventually.True(
            "the job is dead",
            async () =>
                await premises.Database.Scalar<string>("select state from job where id = $1", Guid.Parse(job)) == "dead"
        );
        return (song, id, job);
    }
}

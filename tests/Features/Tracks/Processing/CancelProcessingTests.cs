using Veza.Tests.Harness;

namespace Veza.Tests.Features.Tracks.Processing;

[Trait("Touches", "Objects")]
public sealed class CancelProcessingTests(VezaServer server) : IClassFixture<VezaServer>
{
    [Fact]
    public async Task Who_ends_the_processing_stops_the_encoder_and_leaves_nothing_in_storage()
    {
        var (mira, davor) = (await Actor.Register(server, "mira"), await Actor.Register(server, "davor"));
        var id = await Working(mira);
        (await davor.Delete($"/api/v1/tracks/{id}/processing")).Is(404, "TRACK_NOT_FOUND");
        (await mira.Delete($"/api/v1/tracks/{id}/processing")).Is(200);
        var track = (await mira.Get($"/api/v1/tracks/{id}")).Is(200).Data;
        Assert.Equal(
            ("failed", "PROCESSING_CANCELLED"),
            (track.Text("status"), track.GetProperty("failure").Text("code"))
        );
        await IsCut(id);
        (await mira.Delete($"/api/v1/tracks/{id}/processing")).Is(409, "TRACK_NOT_PROCESSING");
        (await mira.Delete($"/api/v1/tracks/{id}")).Is(200);
        (await mira.Delete($"/api/v1/tracks/{id}/processing")).Is(404, "TRACK_NOT_FOUND");
    }

    [Fact]
    public async Task A_track_deleted_while_it_is_made_stops_the_encoder()
    {
        var mira = await Actor.Register(server, "mira");
        var id = await Working(mira);
        (await mira.Delete($"/api/v1/tracks/{id}")).Is(200);
        await IsCut(id);
    }

    private static async Task<Guid> Working(Actor owner)
    {
        var id = await owner.UploadTrack(await Sounds.Minutes);
        await Eventually.True(
            "the encoder is at work",
            async () => (await owner.Get($"/api/v1/tracks/{id}/status")).Is(200).Data.Number("progress") > 0
        );
        return id;
    }

    /// <summary>
    /// The worker says so: an encoder that had come to its end would have met the lost lease only then.
    /// </summary>
    private async Task IsCut(Guid track)
    {
        var (job, state) = (
            await server.Database.Scalar<Guid>("select id from job where subject_id = $1", track),
            await server.Database.Scalar<string>("select state from job where subject_id = $1", track)
        );
        Assert.Equal("cancelled", state);
        await Eventually.True(
            "the job was cut",
            () =>
                Task.FromResult(
                    server.Log.Contains(
                        $"Job transcode_track {job} is left: it was cancelled, or its lease was lost",
                        StringComparison.Ordinal
                    )
                )
        );
        await server.Premises.NothingIsStored($"tracks/{track}/");
        await Eventually.True(
            "nothing is in work",
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
}

using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat;

/// <summary>
/// A block hides both from each other on every surface, at once, whoever of the two blocks; and its end shows them
/// again.
/// </summary>
public sealed class BlockSurfacesTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>, IAsyncLifetime
{
    private readonly VezaServer server = shared.It;
    private static BlockStage? stage;
    private Actor mira = null!,
        davor = null!;

    public static TheoryData<string> Surfaces => [.. BlockSurfaces.All.Keys];

    public async ValueTask InitializeAsync()
    {
        (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var jonas = await server.Register("jonas");
        if (stage is null || stage.Server != server)
        {
            var room = (await jonas.Post("/api/v1/chat/rooms", new { Name = $"Surfaces of {jonas.Username}" }))
                .Is(201)
                .Data.GetProperty("id")
                .GetGuid();
            foreach (var person in new[] { mira, davor })
                (await person.Put($"/api/v1/chat/rooms/{room}/members/me")).Is(200);
            stage = new BlockStage(server, jonas, room, Guid.Empty);
            stage = stage with { JonasTrack = await stage.Track(jonas) };
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [MemberData(nameof(Surfaces))]
    public async Task A_block_hides_both_from_each_other(string surface)
    {
        Assert.Equal("sees sees", await Both(surface));
        foreach (var (blocker, blocked) in new[] { (mira, davor), (davor, mira) })
        {
            (await blocker.Put($"/api/v1/users/{blocked.Id}/block")).Is(200);
            Assert.Equal("does not does not", await Both(surface));
            (await blocker.Delete($"/api/v1/users/{blocked.Id}/block")).Is(200);
            Assert.Equal("sees sees", await Both(surface));
        }
    }

    private async Task<string> Both(string surface)
    {
        var look = BlockSurfaces.All[surface];
        var (hers, his) = (await look(stage!, mira, davor), await look(stage!, davor, mira));
        return $"{(hers ? "sees" : "does not")} {(his ? "sees" : "does not")}";
    }
}

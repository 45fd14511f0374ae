using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Realtime;

/// <summary>Two nodes of one Veza, mira on the first and davor on the second, and rooms that both are in.</summary>
internal sealed class Stage : IAsyncDisposable
{
    private Stage(VezaServer one, VezaServer two, Actor mira, Actor davor) =>
        (One, Two, Mira, Davor) = (one, two, mira, davor);

    internal VezaServer One { get; }

    internal VezaServer Two { get; }

    internal Actor Mira { get; }

    internal Actor Davor { get; }

    internal TestDatabase Database => One.Database;

    internal static async Task<Stage> Set(params (string Name, string Value)[] settings)
    {
        var one = await VezaServer.Start(settings);
        // Both nodes carry one public URL, as behind a load balancer: it is the issuer of their tokens.
        var two = await VezaServer.Start(one.Premises, [("VEZA__PUBLIC_URL", one.Address), .. settings]);
        return new Stage(one, two, await Actor.Register(one, "mira"), await Actor.Register(two, "davor"));
    }

    internal async Task<Guid> Room(string name)
    {
        var room = (await Mira.Post("/api/v1/chat/rooms", new { Name = name }))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();
        (await Davor.Put($"/api/v1/chat/rooms/{room}/members/me")).Is(200);
        return room;
    }

    /// <summary>Typing is told by Redis alone: PostgreSQL knows nothing of it.</summary>
    internal static Task HearsByRedis(ChatSocket speaker, ChatSocket listener, Guid room)
    {
        var before = Count();
        return Eventually.True(
            $"room {room} is heard through Redis",
            async () =>
            {
                await speaker.Acknowledged("typing", room, ("on", true));
                await Task.Yield();
                return Count() > before;
            }
        );

        int Count() =>
            listener.Frames.Count(f => f.Text("type") == "typing" && f.GetProperty("room_id").GetGuid() == room);
    }

    internal static long[] Upto(long seq) => [.. Enumerable.Range(1, (int)seq).Select(i => (long)i)];

    public async ValueTask DisposeAsync()
    {
        await Two.DisposeAsync();
        await One.DisposeAsync();
    }
}

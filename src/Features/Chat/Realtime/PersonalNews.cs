using Veza.Features.Chat.Presence;
using Veza.Infrastructure.Loops;
using Veza.Infrastructure.Redis;

namespace Veza.Features.Chat.Realtime;

/// <summary>
/// What concerns one person and no room that they listen to: a conversation has begun, they are in a room by another
/// device, somebody invites them. Every socket of theirs hears it, on each node. People are dealt into a fixed number
/// of channels by their ids. It is told once: whoever missed it finds it in the lists over HTTP.
/// </summary>
internal sealed class PersonalNews(RedisLink redis, LocalPresence here, TimeProvider clock, ILogger<PersonalNews> log)
    : BackgroundService
{
    private const int Channels = 16,
        IdBytes = 16;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private readonly byte[] node = Guid.CreateVersion7().ToByteArray();

    internal void Tell(Guid userId, byte[] frame)
    {
        Give(userId, frame);
        var id = userId.ToByteArray();
        // By the random end of a UUIDv7: its beginning is a time.
        redis.Tell(Name(id[IdBytes - 1] % Channels), [.. node, .. id, .. frame]);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        RoomChannel[] lines =
        [
            .. Enumerable.Range(0, Channels).Select(channel => new RoomChannel(Name(channel), redis, Hear, clock, log)),
        ];
        // The first connection is made on the thread that asks for it.
        await Task.Yield();
        foreach (var line in lines)
            await Loop.Attempt("Listening to personal news", log, _ => line.Open(), stoppingToken);
        await Loop.Every(
            LookEvery,
            "Listening to personal news again",
            log,
            async ct =>
            {
                foreach (var line in lines.Where(line => redis.IsUp && !line.IsSound))
                    await Loop.Attempt("Listening to personal news", log, _ => line.OpenAnew(), ct);
            },
            clock,
            stoppingToken
        );
    }

    private static string Name(int channel) => $"veza:person:{channel}";

    private Task Hear(byte[] payload)
    {
        if (payload.Length > 2 * IdBytes && !payload.AsSpan(0, IdBytes).SequenceEqual(node))
            Give(new Guid(payload.AsSpan(IdBytes, IdBytes)), payload.AsMemory(2 * IdBytes));
        return Task.CompletedTask;
    }

    private void Give(Guid userId, ReadOnlyMemory<byte> frame)
    {
        foreach (var seat in here.SeatsOf(userId))
            seat.Send(frame);
    }
}

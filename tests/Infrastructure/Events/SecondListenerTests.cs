using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Veza.Infrastructure;
using Veza.Infrastructure.Events;
using Veza.Infrastructure.Health;
using Veza.Infrastructure.Jobs;
using Veza.Tests.Harness;
using ChatEvents = Veza.Features.Chat.ChatEvents;

namespace Veza.Tests.Infrastructure.Events;

/// <summary>
/// A room that does not exist yet listens to what another room has listened to all along: one line in its inventory.
/// </summary>
public sealed class SecondListenerTests
{
    private static readonly Module Overhearing = new("Overhearing")
    {
        Subscriptions = [EventSubscription.Of<Overhear>("overhear", ChatEvents.Posted)],
    };

    /// <summary>The slice of that line.</summary>
    internal sealed class Overhear(ConcurrentQueue<Guid> heard) : IJob
    {
        public Task Run(JobRun run, CancellationToken ct)
        {
            heard.Enqueue(ChatEvents.Posted.Read(run).MessageId);
            return Task.CompletedTask;
        }

        public Task GiveUp(JobRun run, NpgsqlConnection db, NpgsqlTransaction transaction) => Task.CompletedTask;
    }

    [Fact]
    public async Task A_second_listener_of_an_event_is_one_line()
    {
        var heard = new ConcurrentQueue<Guid>();
        await using var server = await VezaServer.Start();
        var readiness = new Readiness();
        readiness.Ready();
        using var dispatcher = new EventDispatcher(
            server.Premises.Source,
            Overhearing.Subscriptions,
            readiness,
            TimeProvider.System,
            NullLogger<EventDispatcher>.Instance
        );
        using var worker = new JobWorker(
            server.Premises.Source,
            [.. Overhearing.Subscriptions.Select(s => s.Job)],
            new ServiceCollection().AddSingleton(heard).BuildServiceProvider(),
            JobLimits.OfListeners(1),
            readiness,
            TimeProvider.System,
            NullLogger<JobWorker>.Instance
        );
        await dispatcher.Subscribe(CancellationToken.None);
        await dispatcher.StartAsync(CancellationToken.None);
        await worker.StartAsync(CancellationToken.None);

        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var room = await mira.Post("/api/v1/chat/rooms", new { Name = "Two listeners", Visibility = "public" });
        var messages = $"/api/v1/chat/rooms/{room.Is(201).Data.GetProperty("id").GetGuid()}";
        (await davor.Put($"{messages}/members/me")).Is(200);
        // Of this one nobody wants to be told: it is no event.
        (await mira.Post($"{messages}/messages", new { ClientId = "1", Content = "to nobody" })).Is(201);
        var said = await mira.Post($"{messages}/messages", new { ClientId = "2", Content = $"to @{davor.Username}" });
        var message = said.Is(201).Data.GetProperty("id").GetGuid();
        await Eventually.True("the second has heard it", () => Task.FromResult(heard.SequenceEqual([message])));
        await Eventually.True(
            "and so has the first",
            async () => (await davor.Get("/api/v1/notifications")).Is(200).Data.GetArrayLength() == 1
        );
        await dispatcher.StopAsync(CancellationToken.None);
        await worker.StopAsync(CancellationToken.None);
    }
}

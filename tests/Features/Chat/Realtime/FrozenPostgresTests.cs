using Npgsql;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Realtime;

/// <summary>PostgreSQL takes connections and does not answer.</summary>
public sealed class FrozenPostgresTests
{
    private const int Said = 5;

    [Fact]
    public async Task Who_speaks_while_PostgreSQL_is_frozen_is_told_so_and_what_is_said_again_stands_there_once()
    {
        await using var premises = await TestEnvironment.Create();
        var settings = new NpgsqlConnectionStringBuilder(premises.Variables["VEZA__POSTGRES"]);
        await using var line = new FaultProxy(new Uri($"http://{settings.Host}:{settings.Port}"));
        (settings.Host, settings.Port) = (line.Address.Host, line.Address.Port);
        settings.Remove("Timeout");
        premises.Variables["VEZA__POSTGRES"] = settings.ConnectionString;
        await using var server = await VezaServer.Start(premises, ("VEZA__SOCKETS__PING_S", "1"));
        var mira = await Actor.Register(server, "mira");
        var room = (await mira.Post("/api/v1/chat/rooms", new { Name = "Frozen" }))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();
        await using var hers = await ChatSocket.Open(mira);
        await using var listening = await ChatSocket.Open(mira);
        await listening.Subscribe(room);
        for (var i = 1; i <= Said; i++)
            await hers.Say(room, $"{i}", $"message {i}");

        // One is committed when the line freezes, or on its way, and one not begun. A socket's requests are answered
        // one by one, and to wait for one is not to be silent.
        var during = Enumerable
            .Range(Said + 1, 2)
            .Select(i => hers.Ask("message.send", room, ("client_id", $"{i}"), ("content", $"message {i}")))
            .ToArray();
        line.Freeze();
        foreach (var answer in during)
            Told(await answer);
        Assert.NotNull(
            (await mira.Post($"/api/v1/chat/rooms/{room}/messages", new { ClientId = "http", Content = "by HTTP" }))
                .Is(503, "UNAVAILABLE")
                .Header("Retry-After")
        );
        (await server.Visitor.Get("/health/live")).Is(200);
        await hers.Acknowledged("ping");

        line.Thaw();
        var again = Enumerable
            .Range(1, Said + 2)
            .Select(i => ($"{i}", $"message {i}"))
            .Append(("http", "by HTTP"))
            .ToArray();
        foreach (var (clientId, content) in again)
            await Eventually.True(
                "PostgreSQL answers again",
                async () =>
                    (await hers.Ask("message.send", room, ("client_id", clientId), ("content", content))).Text("type")
                    == "ack"
            );
        await listening.Saw(room, again.Length);
        Assert.Equal(Stage.Upto(again.Length), listening.Seqs(room));
        Assert.Equal(
            again.Select(m => m.Item1).Order(StringComparer.Ordinal),
            (await server.Database.Column("select client_id from message")).Order(StringComparer.Ordinal)
        );

        static void Told(System.Text.Json.JsonElement answer) =>
            Assert.True(answer.Text("type") == "ack" || answer.Text("error_code") == "UNAVAILABLE", answer.ToString());
    }
}

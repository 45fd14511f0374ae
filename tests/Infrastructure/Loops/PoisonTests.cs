using Veza.Tests.Features.Chat.Rooms;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Loops;

/// <summary>
/// Rows that no reader expects, such as a time beyond the end of time, make loops of a running server throw what no
/// server throws that is away. The loops go on, and when the rows are gone they do what they are for.
/// </summary>
public sealed class PoisonTests
{
    private const string Beyond = "'200000-01-01'::timestamptz";

    [Fact]
    public async Task What_a_loop_cannot_read_ends_neither_it_nor_the_server()
    {
        await using var server = await VezaServer.Start(("VEZA__ROLES", "api,chat"));
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var room = await RoomStage.Open(mira, $"poison {Guid.CreateVersion7():N}", davor);
        await using var socket = await ChatSocket.Open(davor);
        await socket.Ask("subscribe", room);

        await server.Database.Execute(
            $"""
            insert into room_departure (room_id, account_id, at) values (gen_random_uuid(), gen_random_uuid(), {Beyond})
            """
        );
        await server.Database.Execute(
            $"""
            insert into signing_key (id, purpose, sealed, active_from) values ('poisoned', 'stream_url', '', {Beyond})
            """
        );
        await Failed(server, "Reading who left");
        await Failed(server, "Reloading the keys");
        await server.Database.Execute($"delete from room_departure where at = {Beyond}");
        await server.Database.Execute("delete from signing_key where id = 'poisoned'");

        // Nobody tells of it but the loop.
        await server.Database.Execute("delete from room_member where room_id = $1 and account_id = $2", room, davor.Id);
        await Eventually.True(
            "the loop has ended the subscription",
            () => Task.FromResult(socket.Of("member.left").Length == 1)
        );
        (await server.Run("keys", "rotate")).Succeeds();
        var keys = await server.Database.Scalar<long>(
            "select count(*) from signing_key where purpose = 'access_token'"
        );
        await Eventually.True(
            "the new key is published",
            async () =>
                (await server.Visitor.Get("/.well-known/jwks.json")).Is(200).Json.GetProperty("keys").GetArrayLength()
                == keys
        );
        (await mira.Get("/api/v1/auth/me")).Is(200);
    }

    private static Task Failed(VezaServer server, string task) =>
        Eventually.True(
            $"'{task}' has failed",
            () =>
                Task.FromResult(
                    server.Log.Contains($"{task} failed, 1 times by now, and goes on", StringComparison.Ordinal)
                )
        );
}

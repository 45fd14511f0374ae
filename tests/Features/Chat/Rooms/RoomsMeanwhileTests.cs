using Npgsql;
using Veza.Tests.Features.Auth;
using Veza.Tests.Features.Chat.Messages;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Rooms;

/// <summary>
/// Each request stands and waits for the room; whoever holds it puts its sender out, mutes them or takes their role,
/// and then it goes on. Nothing comes of it.
/// </summary>
public sealed class RoomsMeanwhileTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;
    private static readonly Dictionary<string, string> Changes = new()
    {
        ["put out"] = "delete from room_member where room_id = $1 and account_id = $2",
        ["muted"] = "insert into room_mute (room_id, account_id, muted_by, until) values ($1, $2, $2, 'infinity')",
        ["demoted"] = "update room_member set role = 'member' where room_id = $1 and account_id = $2",
    };

    [Theory]
    [InlineData("edit", "put out", "NOT_A_MEMBER")]
    [InlineData("edit", "muted", "MUTED")]
    [InlineData("react", "put out", "NOT_A_MEMBER")]
    [InlineData("react", "muted", "MUTED")]
    [InlineData("take back", "put out", "NOT_A_MEMBER")]
    [InlineData("delete", "put out", "NOT_A_MEMBER")]
    [InlineData("delete another's", "demoted", "MESSAGE_FORBIDDEN")]
    [InlineData("pin", "demoted", "ROOM_FORBIDDEN")]
    [InlineData("unpin", "demoted", "ROOM_FORBIDDEN")]
    [InlineData("unpin", "put out", "NOT_A_MEMBER")]
    public async Task Nothing_comes_of_what_somebody_may_do_no_more(string act, string change, string outcome)
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var room = await RoomStage.Open(mira, $"Meanwhile {act} {change}", davor);
        await RoomStage.Promote(mira, room, davor);
        var own = (await RoomStage.Post(davor, room, "own", "as it was")).Is(201).Data.GetProperty("id").GetGuid();
        var other = (await RoomStage.Post(mira, room, "other", "as it was")).Is(201).Data.GetProperty("id").GetGuid();
        if (act == "take back")
            (await davor.Put($"/api/v1/chat/messages/{other}/reactions/👍")).Is(200);
        if (act == "unpin")
            (await davor.Put($"/api/v1/chat/messages/{other}/pin")).Is(200);
        Task<string> Said() =>
            server.Database.Scalar<string>(
                """
                select string_agg(concat_ws(' ', content, reactions, pinned_at, deleted_at, edits), ', ' order by seq)
                  from message where room_id = $1
                """,
                room
            );
        var before = await Said();

        await using var held = await HeldAccount.Of(
            server.Database,
            server,
            "select 1 from room where id = $1 for update",
            room
        );
        var request = act switch
        {
            "edit" => davor.Put($"/api/v1/chat/messages/{own}", new { Content = "another" }),
            "react" => davor.Put($"/api/v1/chat/messages/{other}/reactions/👍"),
            "take back" => davor.Delete($"/api/v1/chat/messages/{other}/reactions/👍"),
            "delete" => davor.Delete($"/api/v1/chat/messages/{own}"),
            "delete another's" => davor.Delete($"/api/v1/chat/messages/{other}"),
            "pin" => davor.Put($"/api/v1/chat/messages/{other}/pin"),
            _ => davor.Delete($"/api/v1/chat/messages/{other}/pin"),
        };
        await held.Awaited(1, request);
        await held.Change(
            async (db, transaction) =>
            {
                await using var command = new NpgsqlCommand(Changes[change], db, transaction)
                {
                    Parameters =
                    {
                        new() { Value = room },
                        new() { Value = davor.Id },
                    },
                };
                Assert.Equal(1, await command.ExecuteNonQueryAsync());
            }
        );
        await held.Commit();
        Assert.Equal(outcome, (await request).ErrorCode);
        Assert.Equal(before, await Said());
    }

    [Theory]
    [InlineData("post")]
    [InlineData("post slowly")]
    [InlineData("edit")]
    public async Task Who_moderates_no_more_calls_nobody(string act)
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var room = await RoomStage.Open(mira, $"Called {act}", davor);
        await RoomStage.Promote(mira, room, davor);
        var own = (await RoomStage.Post(davor, room, "own", "as it was")).Is(201).Data.GetProperty("id").GetGuid();
        var file = act == "post slowly" ? await AttachmentsTests.Bring(davor, room, "a.txt", [1]) : Guid.Empty;
        await using var held = await HeldAccount.Of(
            server.Database,
            server,
            "select 1 from room where id = $1 for update",
            room
        );
        var request = act switch
        {
            "post" => RoomStage.Post(davor, room, "call", "@room come"),
            "edit" => davor.Put($"/api/v1/chat/messages/{own}", new { Content = "@room come" }),
            _ => davor.Post(
                $"/api/v1/chat/rooms/{room}/messages",
                new
                {
                    ClientId = "call",
                    Content = "@room come",
                    Attachments = new[] { file },
                }
            ),
        };
        await held.Awaited(1, request);
        await held.Change(
            async (db, transaction) =>
            {
                await using var command = new NpgsqlCommand(Changes["demoted"], db, transaction)
                {
                    Parameters =
                    {
                        new() { Value = room },
                        new() { Value = davor.Id },
                    },
                };
                Assert.Equal(1, await command.ExecuteNonQueryAsync());
            }
        );
        await held.Commit();
        (await request).Is(act == "edit" ? 200 : 201);
        Assert.Equal(
            "@room come",
            await server.Database.Scalar<string>(
                "select content from message where room_id = $1 order by edited_at desc nulls last, seq desc limit 1",
                room
            )
        );
        Assert.Equal(
            0,
            await server.Database.Scalar<long>(
                "select count(*) from message where room_id = $1 and calls is not null",
                room
            )
        );
        Assert.Equal(
            0,
            await server.Database.Scalar<long>("select count(*) from message_mention where room_id = $1", room)
        );
    }
}

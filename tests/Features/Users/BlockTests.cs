using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Users;

/// <summary>
/// Blocks and mutes between people, and what they end. What a block hides is in <see cref="Chat.BlockSurfacesTests"/>.
/// </summary>
public sealed class BlockTests(VezaServer server) : IClassFixture<VezaServer>
{
    private Task<Actor> Somebody(string name) => Actor.Register(server, name);

    private async Task<string> Counts(Actor who) =>
        await server.Database.Scalar<string>(
            """
            select coalesce((select follower_count || ' ' || following_count || ' ' || supporter_count from audience
              where account_id = $1), '0 0 0')
            """,
            who.Id
        );

    private static async Task<List<Guid>> All(Visitor reader, string path)
    {
        var (ids, cursor) = (new List<Guid>(), "");
        do
        {
            var page = (await reader.Get($"{path}?limit=1{cursor}")).Is(200);
            ids.AddRange(page.Data.EnumerateArray().Select(p => p.GetProperty("id").GetGuid()));
            cursor = page.Json.GetProperty("meta").GetProperty("next_cursor").GetString() is { } next
                ? $"&cursor={next}"
                : "";
        } while (cursor.Length > 0);
        return ids;
    }

    [Fact]
    public async Task A_block_ends_follows_and_support_both_ways_for_good()
    {
        var (mira, davor, lena) = (await Somebody("mira"), await Somebody("davor"), await Somebody("lena"));
        (await mira.Put($"/api/v1/users/{davor.Id}/follow")).Is(200);
        (await davor.Put($"/api/v1/users/{mira.Id}/follow")).Is(200);
        (await lena.Put($"/api/v1/users/{mira.Id}/follow")).Is(200);
        (await mira.Put($"/api/v1/users/me/supporters/{davor.Id}")).Is(200);
        (await davor.Put($"/api/v1/users/me/supporters/{mira.Id}")).Is(200);
        Assert.Equal(("2 1 1", "1 1 1"), (await Counts(mira), await Counts(davor)));

        for (var i = 0; i < 2; i++)
            (await mira.Put($"/api/v1/users/{davor.Id}/block")).Is(200);
        Assert.Equal(("1 0 0", "0 0 0", "0 1 0"), (await Counts(mira), await Counts(davor), await Counts(lena)));
        (await davor.Put($"/api/v1/users/{mira.Id}/follow")).Is(404, "USER_NOT_FOUND");
        (await mira.Put($"/api/v1/users/me/supporters/{davor.Id}")).Is(404, "USER_NOT_FOUND");

        for (var i = 0; i < 2; i++)
            (await mira.Delete($"/api/v1/users/{davor.Id}/block")).Is(200);
        Assert.Equal("1 0 0", await Counts(mira));
        (await davor.Put($"/api/v1/users/{mira.Id}/follow")).Is(200);
        Assert.Equal("2 0 0", await Counts(mira));
    }

    [Fact]
    public async Task Each_ends_only_their_own_block()
    {
        var (mira, davor) = (await Somebody("mira"), await Somebody("davor"));
        (await mira.Put($"/api/v1/users/{davor.Id}/block")).Is(200);
        (await davor.Put($"/api/v1/users/{mira.Id}/block")).Is(200);
        (await davor.Delete($"/api/v1/users/{mira.Id}/block")).Is(200);
        (await davor.Get($"/api/v1/users/{mira.Id}")).Is(404, "USER_NOT_FOUND");
        (await mira.Delete($"/api/v1/users/{davor.Id}/block")).Is(200);
        (await davor.Get($"/api/v1/users/{mira.Id}")).Is(200);
        (await server.Visitor.Put($"/api/v1/users/{mira.Id}/block")).Is(401, "UNAUTHENTICATED");
        (await mira.Put($"/api/v1/users/{mira.Id}/block")).Is(409, "OWN_ACCOUNT");
        (await mira.Put($"/api/v1/users/{Guid.CreateVersion7()}/block")).Is(404, "USER_NOT_FOUND");
        (await mira.Delete($"/api/v1/users/{Guid.CreateVersion7()}/block")).Is(404, "USER_NOT_FOUND");
    }

    [Fact]
    public async Task Blocks_are_listed_for_whoever_made_them_alone()
    {
        var mira = await Somebody("mira");
        Actor[] others = [await Somebody("one"), await Somebody("two"), await Somebody("three")];
        foreach (var other in others)
            (await mira.Put($"/api/v1/users/{other.Id}/block")).Is(200);
        Assert.Equal(others.Reverse().Select(o => o.Id), await All(mira, "/api/v1/users/me/blocks"));
        Assert.Empty(await All(others[0], "/api/v1/users/me/blocks"));
        (await mira.Get("/api/v1/users/me/blocks?cursor=x")).Is(422, "VALIDATION_ERROR");
    }

    [Fact]
    public async Task There_is_an_end_to_how_many_one_blocks_and_the_last_try_ends_nothing()
    {
        var (mira, davor) = (await Somebody("mira"), await Somebody("davor"));
        (await mira.Put($"/api/v1/users/{davor.Id}/follow")).Is(200);
        await server.Database.Execute(
            """
            with people as (
              insert into account (id, username, email, display_name)
                select gen_random_uuid(), 'bore' || n, 'bore' || n || '@example.org', 'Bore'
                from generate_series(1, 10000) n returning id
            )
            insert into account_block (blocker_id, blocked_id) select $1, id from people
            """,
            mira.Id
        );
        (await mira.Put($"/api/v1/users/{davor.Id}/block")).Is(409, "TOO_MANY_BLOCKS");
        Assert.Equal("1 0 0", await Counts(davor));
    }

    [Fact]
    public async Task No_follow_slips_in_beside_a_block()
    {
        var mira = await Somebody("mira");
        Actor[] others =
        [
            await Somebody("one"),
            await Somebody("two"),
            await Somebody("three"),
            await Somebody("four"),
        ];
        for (var round = 0; round < 5; round++)
        {
            await Task.WhenAll(
                others.SelectMany(o =>
                    new[]
                    {
                        o.Put($"/api/v1/users/{mira.Id}/follow"),
                        mira.Put($"/api/v1/users/{o.Id}/block"),
                        mira.Put($"/api/v1/users/{o.Id}/follow"),
                    }
                )
            );
            Assert.Equal(
                0,
                await server.Database.Scalar<long>(
                    """
                    select count(*) from follow f join block_pair s on s.account_id = f.account_id
                      and s.other_id = f.follower_id
                    """
                )
            );
            Assert.Equal("0 0 0", await Counts(mira));
            foreach (var other in others)
                (await mira.Delete($"/api/v1/users/{other.Id}/block")).Is(200);
        }
    }

    [Fact]
    public async Task A_mute_is_ones_own_business_until_a_time_or_until_it_is_lifted()
    {
        var (mira, davor) = (await Somebody("mira"), await Somebody("davor"));
        var path = $"/api/v1/users/{davor.Id}/mute";
        Assert.Equal(JsonValueKind.Null, (await mira.Put(path)).Is(200).Data.GetProperty("until").ValueKind);
        var until = new DateTime(2099, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        Assert.Equal(until, (await mira.Put(path, new { until })).Is(200).Data.GetProperty("until").GetDateTime());
        Assert.Equal([davor.Id], await All(mira, "/api/v1/users/me/mutes"));
        Assert.Empty(await All(davor, "/api/v1/users/me/mutes"));
        (await mira.Put(path, new { until = DateTime.UtcNow.AddDays(-1) })).Is(422, "VALIDATION_ERROR");
        (await mira.Put($"/api/v1/users/{mira.Id}/mute")).Is(409, "OWN_ACCOUNT");

        // Nothing is hidden from either.
        (await davor.Get($"/api/v1/users/{mira.Id}")).Is(200);
        (await mira.Get($"/api/v1/users/{davor.Id}")).Is(200);
        (await davor.Put($"/api/v1/users/{mira.Id}/follow")).Is(200);

        await server.Database.Execute(
            "update account_mute set until = now() - interval '1 second' where muter_id = $1",
            mira.Id
        );
        Assert.Empty(await All(mira, "/api/v1/users/me/mutes"));
        await using var db = await server.Premises.Source.OpenConnectionAsync();
        foreach (var task in Veza.Features.Users.UsersModule.Inventory.Upkeep)
            await task.Run(db, DateTime.UtcNow);
        Assert.Equal(
            0,
            await server.Database.Scalar<long>("select count(*) from account_mute where muter_id = $1", mira.Id)
        );
        for (var i = 0; i < 2; i++)
            (await mira.Delete(path)).Is(200);
    }
}

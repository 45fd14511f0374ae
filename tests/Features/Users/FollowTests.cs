using Veza.Tests.Harness;

namespace Veza.Tests.Features.Users;

/// <summary>Follows and supporters, without what they give access to.</summary>
public sealed class FollowTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    private Task<Actor> Somebody(string name) => Actor.Register(server, name);

    private async Task<(long Followers, long Following)> Counts(Actor who)
    {
        var user = (await server.Visitor.Get($"/api/v1/users/{who.Id}")).Is(200).Data;
        return (user.Number("follower_count"), user.Number("following_count"));
    }

    private static async Task<List<Guid>> All(Visitor reader, string path, int limit)
    {
        var (ids, cursor) = (new List<Guid>(), "");
        do
        {
            var page = (await reader.Get($"{path}?limit={limit}{cursor}")).Is(200);
            Assert.InRange(page.Data.GetArrayLength(), 0, limit);
            ids.AddRange(page.Data.EnumerateArray().Select(p => p.GetProperty("id").GetGuid()));
            cursor = page.Json.GetProperty("meta").GetProperty("next_cursor").GetString() is { } next
                ? $"&cursor={next}"
                : "";
        } while (cursor.Length > 0);
        return ids;
    }

    [Fact]
    public async Task Following_and_unfollowing_twice_counts_once()
    {
        var (mira, davor) = (await Somebody("mira"), await Somebody("davor"));
        for (var i = 0; i < 2; i++)
            (await davor.Put($"/api/v1/users/{mira.Id}/follow")).Is(200);
        Assert.Equal(((1L, 0L), (0L, 1L)), (await Counts(mira), await Counts(davor)));
        Assert.Equal([davor.Id], await All(server.Visitor, $"/api/v1/users/{mira.Id}/followers", 10));
        Assert.Equal([mira.Id], await All(server.Visitor, $"/api/v1/users/{davor.Id}/following", 10));
        for (var i = 0; i < 2; i++)
            (await davor.Delete($"/api/v1/users/{mira.Id}/follow")).Is(200);
        Assert.Equal(((0L, 0L), (0L, 0L)), (await Counts(mira), await Counts(davor)));
        Assert.Empty(await All(server.Visitor, $"/api/v1/users/{mira.Id}/followers", 10));
    }

    [Fact]
    public async Task Nobody_follows_themselves_or_who_does_not_exist()
    {
        var mira = await Somebody("mira");
        (await mira.Put($"/api/v1/users/{mira.Id}/follow")).Is(409, "OWN_ACCOUNT");
        (await mira.Put($"/api/v1/users/{Guid.CreateVersion7()}/follow")).Is(404, "USER_NOT_FOUND");
        (await mira.Delete($"/api/v1/users/{Guid.CreateVersion7()}/follow")).Is(404, "USER_NOT_FOUND");
        (await mira.Get($"/api/v1/users/{Guid.CreateVersion7()}/followers")).Is(404, "USER_NOT_FOUND");
        (await server.Visitor.Put($"/api/v1/users/{mira.Id}/follow")).Is(401, "UNAUTHENTICATED");
    }

    [Fact]
    public async Task A_list_is_read_piece_by_piece_also_where_many_came_at_the_same_instant()
    {
        var mira = await Somebody("mira");
        await server.Database.Execute(
            """
            with people as (
              insert into account (id, username, email, display_name)
                select gen_random_uuid(), 'fan' || n, 'fan' || n || '@example.org', 'Fan' from generate_series(1, 7) n
                returning id
            )
            insert into follow (account_id, follower_id, created_at) select $1, id, '2026-01-01 12:00:00.123456Z'
              from people
            """,
            mira.Id
        );
        var davor = await Somebody("davor");
        (await davor.Put($"/api/v1/users/{mira.Id}/follow")).Is(200);
        var whole = await All(server.Visitor, $"/api/v1/users/{mira.Id}/followers", 100);
        Assert.Equal((8, davor.Id), (whole.Count, whole[0]));
        foreach (var limit in new[] { 1, 3, 8 })
            Assert.Equal(whole, await All(server.Visitor, $"/api/v1/users/{mira.Id}/followers", limit));
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=101")]
    [InlineData("cursor=x")]
    [InlineData("cursor=________________________________")]
    public async Task A_piece_that_cannot_be_is_refused(string query)
    {
        var mira = await server.Register("mira");
        (await server.Visitor.Get($"/api/v1/users/{mira.Id}/followers?{query}")).Is(422, "VALIDATION_ERROR");
    }

    [Fact]
    public async Task Many_who_follow_each_other_at_once_are_all_counted()
    {
        Actor[] people = [await Somebody("one"), await Somebody("two"), await Somebody("three")];
        var pairs = (from a in people from b in people where a != b select (a, b)).ToArray();
        for (var round = 0; round < 3; round++)
        {
            await Task.WhenAll(pairs.Select(async p => (await p.a.Put($"/api/v1/users/{p.b.Id}/follow")).Is(200)));
            foreach (var person in people)
                Assert.Equal((2, 2), await Counts(person));
            await Task.WhenAll(pairs.Select(async p => (await p.a.Delete($"/api/v1/users/{p.b.Id}/follow")).Is(200)));
            foreach (var person in people)
                Assert.Equal((0, 0), await Counts(person));
        }
    }

    [Fact]
    public async Task There_is_an_end_to_how_many_one_follows()
    {
        var (mira, davor, lena) = (await Somebody("mira"), await Somebody("davor"), await Somebody("lena"));
        (await mira.Put($"/api/v1/users/{davor.Id}/follow")).Is(200);
        await server.Database.Execute("update audience set following_count = 10000 where account_id = $1", mira.Id);
        (await mira.Put($"/api/v1/users/{lena.Id}/follow")).Is(409, "TOO_MANY_FOLLOWS");
        (await mira.Put($"/api/v1/users/{davor.Id}/follow")).Is(200);
    }

    [Fact]
    public async Task An_artist_grants_support_until_a_time_or_for_good_and_ends_it()
    {
        var (mira, lena) = (await Somebody("mira"), await Somebody("lena"));
        var path = $"/api/v1/users/me/supporters/{lena.Id}";
        (await mira.Put(path, new { until = DateTime.UtcNow.AddDays(-1) })).Is(422, "VALIDATION_ERROR");
        (await mira.Put($"/api/v1/users/me/supporters/{mira.Id}")).Is(409, "OWN_ACCOUNT");
        (await mira.Put($"/api/v1/users/me/supporters/{Guid.CreateVersion7()}")).Is(404, "USER_NOT_FOUND");
        Assert.Equal(
            System.Text.Json.JsonValueKind.Null,
            (await mira.Put(path)).Is(200).Data.GetProperty("until").ValueKind
        );
        var until = new DateTime(2099, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        Assert.Equal(until, (await mira.Put(path, new { until })).Is(200).Data.GetProperty("until").GetDateTime());
        Assert.Equal([lena.Id], await All(mira, "/api/v1/users/me/supporters", 10));
        Assert.Equal(
            1,
            await server.Database.Scalar<long>("select supporter_count from audience where account_id = $1", mira.Id)
        );
        // Nobody else sees whose supporters there are.
        Assert.Empty(await All(lena, "/api/v1/users/me/supporters", 10));
        for (var i = 0; i < 2; i++)
            (await mira.Delete(path)).Is(200);
        Assert.Empty(await All(mira, "/api/v1/users/me/supporters", 10));
        Assert.Equal(
            0,
            await server.Database.Scalar<long>("select supporter_count from audience where account_id = $1", mira.Id)
        );
    }
}
